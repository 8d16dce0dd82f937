/** What `top` remembers: how fast each port was at each look of the last minute. */
import type { PortView, StatusView } from "../../control/inspect-api.js";
import { perSecond } from "../format/sample.js";
import { keyOf } from "../ports-lines.js";

/** A port, and what goes through it each second. */
export interface Flow {
  readonly port: PortView;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bitsIn: number;
  readonly bitsOut: number;
  /** Frames dropped each second: in all, and by reason where there are any. */
  readonly drops: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Bits per second in both directions, the latest last. */
  readonly recent: readonly number[];
}

/** Bits per second of a network, the latest last. */
export interface Course {
  readonly in: readonly number[];
  readonly out: readonly number[];
}

/** What `top` shows at one moment. It never changes, so that a paused view can keep it. */
export interface Picture {
  readonly status: StatusView;
  /** Share of one processor since the look before, in percent. */
  readonly processor: number;
  readonly flows: readonly Flow[];
  readonly courses: ReadonlyMap<string, Course>;
}

interface Look {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly ports: ReadonlyMap<string, PortView>;
}

export class TopHistory {
  /** How many looks make a minute. */
  readonly #looks: number;
  #last: Look | undefined;
  #flows = new Map<string, Flow>();
  #courses = new Map<string, Course>();

  constructor(looks: number) {
    this.#looks = looks;
  }

  /** Takes in what a process said at a time of a clock that only grows. */
  record(status: StatusView, ports: readonly PortView[], atMs: number): Picture {
    const ms = this.#last === undefined ? 0 : atMs - this.#last.atMs;
    this.#flows = new Map(ports.map((port) => [keyOf(port), this.#flow(port, ms)]));
    const flows = [...this.#flows.values()];
    if (ms > 0) this.#courses = this.#continued(flows, status);
    const processor = perSecond(status.cpuSeconds, this.#last?.cpuSeconds, ms) ?? 0;
    const byKey = new Map(ports.map((port) => [keyOf(port), port]));
    this.#last = { atMs, cpuSeconds: status.cpuSeconds, ports: byKey };
    return { status, processor: processor * 100, flows, courses: this.#courses };
  }

  #flow(port: PortView, ms: number): Flow {
    const key = keyOf(port);
    const earlier = this.#last?.ports.get(key);
    const rate = (field: "framesIn" | "framesOut" | "bytesIn" | "bytesOut"): number =>
      perSecond(port[field], earlier?.[field], ms) ?? 0;
    const [bitsIn, bitsOut] = [rate("bytesIn") * 8, rate("bytesOut") * 8];
    const reasons = dropRates(port, earlier, ms);
    const drops = Object.values(reasons).reduce((sum, one) => sum + one, 0);
    const recent = this.#pushed(this.#flows.get(key)?.recent ?? [], ms > 0 ? [bitsIn + bitsOut] : []);
    const frames = { framesIn: rate("framesIn"), framesOut: rate("framesOut") };
    return { port, ...frames, bitsIn, bitsOut, drops, reasons, recent };
  }

  #continued(flows: readonly Flow[], status: StatusView): Map<string, Course> {
    const sums = new Map(status.networks.map(({ name }) => [name, { in: 0, out: 0 }]));
    for (const { port, bitsIn, bitsOut } of flows) {
      const sum = sums.get(port.network);
      if (sum === undefined) continue;
      sum.in += bitsIn;
      sum.out += bitsOut;
    }
    const longer = ([name, sum]: [string, { in: number; out: number }]): [string, Course] => {
      const course = this.#courses.get(name) ?? { in: [], out: [] };
      return [name, { in: this.#pushed(course.in, [sum.in]), out: this.#pushed(course.out, [sum.out]) }];
    };
    return new Map([...sums].map(longer));
  }

  #pushed(values: readonly number[], more: readonly number[]): readonly number[] {
    return more.length === 0 ? values : [...values, ...more].slice(-this.#looks);
  }
}

function dropRates(port: PortView, earlier: PortView | undefined, ms: number): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const [reason, count] of Object.entries(port.drops)) {
    const rate = perSecond(count, earlier?.drops[reason as keyof PortView["drops"]], ms) ?? 0;
    if (rate > 0) rates[reason] = rate;
  }
  return rates;
}

/** What the page knows: the ports as they were last answered, and the rates that follow from the answers before. */
import type { PortView, StatusView } from "../control/inspect-api.js";
import { History, NO_RATES, type Rates } from "./history.js";

/** Of the smoothed rate that orders ports, so much is the last second's. */
const FRESH = 0.3;
/** After a longer gap, rates are no longer those of now. */
const LONGEST_STEP_S = 5;

export interface PortState {
  /** "network/number". */
  readonly key: string;
  readonly view: PortView;
  readonly rates: Rates;
  /** In and out together, over the last seconds. */
  readonly smooth: number;
  /** Drops in the last second. */
  readonly dropRate: number;
  readonly history: History;
}

export interface NetworkState {
  readonly name: string;
  readonly ports: readonly PortState[];
  readonly macs: number;
  readonly rates: Rates;
}

export class Model {
  status: StatusView | null = null;
  networks: readonly NetworkState[] = [];
  /** Of all ports together. */
  rates: Rates = NO_RATES;
  dropRate = 0;
  /** Share of one processor that the process used. */
  cpu = 0;
  /** The second at hand, counted by the page's own clock. */
  second = 0;
  readonly history = new History();
  #ports: ReadonlyMap<string, PortState> = new Map();
  #atMs = 0;

  port(key: string): PortState | undefined {
    return this.#ports.get(key);
  }

  get portCount(): number {
    return this.#ports.size;
  }

  /** Takes an answer that came at `atMs` of a clock that never goes back. */
  update(status: StatusView, views: readonly PortView[], atMs: number): void {
    const seconds = (atMs - this.#atMs) / 1_000;
    const known = seconds > 0 && seconds <= LONGEST_STEP_S && status.startedAt === this.status?.startedAt;
    this.cpu = known ? (status.cpuSeconds - this.status!.cpuSeconds) / seconds : 0;
    this.second = Math.round(atMs / 1_000);
    const states = views.map((view) => this.#state(view, known ? seconds : 0));
    this.#ports = new Map(states.map((state) => [state.key, state]));
    this.#atMs = atMs;
    this.status = status;
    this.networks = status.networks.map(({ name, macs }) => {
      const ports = states.filter(({ view }) => view.network === name);
      return { name, macs, ports, rates: sum(ports) };
    });
    this.rates = sum(states);
    this.dropRate = states.reduce((total, { dropRate }) => total + dropRate, 0);
    if (known) this.history.add(this.second, this.rates);
  }

  #state(view: PortView, seconds: number): PortState {
    const key = keyOf(view);
    const before = this.#ports.get(key);
    const isSame =
      before !== undefined && before.view.name === view.name && view.bytesIn >= before.view.bytesIn;
    const history = isSame ? before.history : new History();
    if (!isSame || seconds === 0)
      return { key, view, rates: NO_RATES, smooth: isSame ? before.smooth : 0, dropRate: 0, history };
    const perSecond = (now: number, then: number): number => Math.max(0, now - then) / seconds;
    const rates = {
      in: 8 * perSecond(view.bytesIn, before.view.bytesIn),
      out: 8 * perSecond(view.bytesOut, before.view.bytesOut),
    };
    history.add(this.second, rates);
    const smooth = before.smooth * (1 - FRESH) + (rates.in + rates.out) * FRESH;
    return { key, view, rates, smooth, dropRate: perSecond(dropsOf(view), dropsOf(before.view)), history };
  }
}

export function keyOf({ network, id }: { network: string; id: number }): string {
  return `${network}/${id}`;
}

/** Dropped frames, whatever the reason. */
export function dropsOf({ drops }: PortView): number {
  return Object.values(drops).reduce((total, count) => total + count, 0);
}

function sum(ports: readonly PortState[]): Rates {
  return ports.reduce(
    (total, { rates }) => ({ in: total.in + rates.in, out: total.out + rates.out }),
    NO_RATES,
  );
}

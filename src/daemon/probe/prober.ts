/** The near end of `tapswitch test`: finds the far one, and measures there and back, there, and back. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../clock.js";
import type {
  PROBE_PHASES,
  ProbeLine,
  ProbeQuery,
  ProbeResult,
  Throughput,
} from "../../control/probe-api.js";
import { TapswitchError } from "../../errors.js";
import { formatMac, type Mac } from "../../frame/mac.js";
import { MIN_PROBE, PROBE_IDS, type ProbeFields, type ProbeReader, ProbeType } from "../../frame/probe.js";
import { NAME_PATTERN } from "../../session/messages.js";
import { latencyOf } from "./figures.js";
import { FlowReceiver } from "./flow-receiver.js";
import { FlowSender } from "./flow-sender.js";
import { isSame, type ProbePort } from "./probe-port.js";

/** How often a question is repeated, and how long each time is waited for its answer. */
const TRIES = 4;
const ANSWER_MS = 500;
const ECHO_EVERY_MS = 10;
/** Echoes take this part of the time of one phase, at most so long. */
const ECHO_MS = 2_000;
const TICK_MS = 50;
const GLANCE_MS = 5;
const PROGRESS_MS = 100;
/** Beyond the end of a phase, what is under way has this long to arrive. */
const LATE_MS = 1_000;

export interface ProberOptions {
  readonly port: ProbePort;
  readonly clock: Clock;
  /** Longest frame that this end takes, bytes. */
  largest(): number;
  readonly query: ProbeQuery;
  readonly signal: AbortSignal;
  report(line: ProbeLine): void;
}

type Phase = (typeof PROBE_PHASES)[number];

/** Runs one test. Throws `not-found`, `full`, `timeout`, and the reason of the signal. */
export async function probe(options: ProberOptions): Promise<ProbeResult> {
  const prober = new Prober(options);
  try {
    return await prober.run();
  } finally {
    prober.close();
  }
}

class Prober {
  readonly #options: ProberOptions;
  readonly #id = randomInt(1, PROBE_IDS - 1);
  #token = 0;
  #peer: Mac | null = null;
  #name = "";
  #frameBytes = 0;
  #isBusy = false;
  /** When each echo was asked for, and how long it took. */
  readonly #asked: number[] = [];
  readonly #trips = new Map<number, number>();
  #sender: FlowSender | null = null;
  #receiver: FlowReceiver | null = null;
  #ackedAt = 0;
  /** How many the far end has sent in all; null until it says so. */
  #farSent: number | null = null;

  constructor(options: ProberOptions) {
    this.#options = options;
    options.port.listeners.add(this.#hear);
  }

  async run(): Promise<ProbeResult> {
    await this.#find();
    await this.#open();
    const latency = await this.#measureLatency();
    const up = await this.#measureUp();
    const down = await this.#measureDown();
    const mac = formatMac(this.#peer!);
    return { type: "result", name: this.#name, mac, frameBytes: this.#frameBytes, latency, up, down };
  }

  close(): void {
    const { port } = this.#options;
    if (this.#token !== 0) this.#say({ type: ProbeType.close });
    port.listeners.delete(this.#hear);
    port.rest();
  }

  async #find(): Promise<void> {
    const { port, query } = this.#options;
    const text = query.target.toLowerCase();
    const ask = (): void => port.sendToAll({ type: ProbeType.find, id: this.#id, text });
    if (await this.#answered(ask, () => this.#peer !== null)) return;
    throw new TapswitchError(
      "not-found",
      `nothing called '${query.target}' answers in this network: at the far end a test needs a 'tapswitch join' of that ` +
        "name, MAC or IP address, without --no-test-responder; VMs and other hosts can be tried with ping and iperf3",
    );
  }

  async #open(): Promise<void> {
    const ask = (): void => this.#say({ type: ProbeType.open });
    if (!(await this.#answered(ask, () => this.#token !== 0 || this.#isBusy))) throw this.#silent();
    if (this.#isBusy)
      throw new TapswitchError("full", `'${this.#name}' is in the middle of another test: try again later`);
  }

  async #measureLatency(): Promise<ProbeResult["latency"]> {
    const ms = Math.min(ECHO_MS, this.#options.query.seconds * 1_000);
    await this.#during("latency", ms, ECHO_EVERY_MS, () => {
      const number = this.#asked.push(this.#options.clock.now()) - 1;
      this.#say({ type: ProbeType.echo, number });
      return null;
    });
    await this.#until(() => this.#trips.size === this.#asked.length, LATE_MS);
    const trips = [...this.#trips].sort(([a], [b]) => a - b).map(([, trip]) => trip);
    return latencyOf(this.#asked.length, trips);
  }

  async #measureUp(): Promise<Throughput> {
    const { port, clock, query } = this.#options;
    const frameBytes = this.#frameBytes;
    const send = (number: number): void => this.#say({ type: ProbeType.data, number, length: frameBytes });
    const began = clock.now();
    const sender = new FlowSender({ frameBytes, send, backlog: () => port.backlog }, began);
    this.#sender = sender;
    await this.#during("up", query.seconds * 1_000, TICK_MS, () => {
      sender.tick(clock.now());
      sender.pump();
      return sender.arrived * frameBytes;
    });
    // What was under way at the end is neither there nor lost.
    const [bytes, framesSent] = [sender.arrived * frameBytes, sender.heardOf];
    this.#sender = null;
    if (bytes === 0) throw this.#silent();
    return throughput(bytes, this.#ackedAt - began, framesSent, sender.arrived);
  }

  async #measureDown(): Promise<Throughput> {
    const ms = Math.round(this.#options.query.seconds * 1_000);
    const receiver = new FlowReceiver();
    this.#receiver = receiver;
    const ask = (): void => this.#say({ type: ProbeType.send, number: this.#frameBytes, count: ms });
    if (!(await this.#answered(ask, () => receiver.arrived > 0))) throw this.#silent();
    await this.#during("down", ms, PROGRESS_MS, () => receiver.bytes);
    await this.#until(() => this.#farSent !== null, LATE_MS);
    return throughput(receiver.bytes, receiver.ms, this.#farSent ?? receiver.edge, receiver.arrived);
  }

  readonly #hear = (probe: ProbeReader, peer: Mac): void => {
    if (probe.id !== this.#id) return;
    if (probe.type === ProbeType.found && this.#peer === null) this.#meet(probe, peer);
    if (this.#peer === null || !isSame(peer, this.#peer)) return;
    if (probe.type === ProbeType.opened && this.#token === 0) this.#token = probe.token;
    else if (probe.type === ProbeType.busy && this.#token === 0) this.#isBusy = true;
    else if (this.#token !== 0 && probe.token === this.#token) this.#measure(probe);
  };

  #meet({ number, text }: ProbeReader, peer: Mac): void {
    const { query, largest } = this.#options;
    this.#peer = peer;
    this.#name = NAME_PATTERN.test(text) ? text : formatMac(peer);
    this.#frameBytes = Math.max(MIN_PROBE, Math.min(query.size ?? number, number, largest()));
  }

  #measure({ type, number, count, length }: ProbeReader): void {
    const { port, clock } = this.#options;
    const now = clock.now();
    const asked = this.#asked[number];
    if (type === ProbeType.echoed && asked !== undefined && !this.#trips.has(number))
      this.#trips.set(number, now - asked);
    else if (type === ProbeType.ack && this.#sender !== null) {
      this.#ackedAt = now;
      this.#sender.acked(number, count, now);
      port.soon(this.#pump);
    } else if (type === ProbeType.data && this.#receiver !== null) {
      this.#receiver.came(number, length, now);
      port.soon(this.#acknowledge);
    } else if (type === ProbeType.done && this.#receiver !== null)
      this.#farSent = Math.max(count, this.#receiver.edge);
  }

  readonly #pump = (): void => this.#sender?.pump();

  readonly #acknowledge = (): void => {
    if (this.#receiver === null) return;
    const { edge: number, arrived: count } = this.#receiver;
    this.#say({ type: ProbeType.ack, number, count });
  };

  #say(fields: Omit<ProbeFields, "id" | "token">): void {
    this.#options.port.send(this.#peer!, { ...fields, id: this.#id, token: this.#token });
  }

  #silent(): TapswitchError {
    return new TapswitchError("timeout", `'${this.#name}' was there, and then answered no more`);
  }

  /** Asks a few times; answers whether it holds by then. */
  async #answered(ask: () => void, holds: () => boolean): Promise<boolean> {
    for (let tries = 0; tries < TRIES && !holds(); tries++) {
      ask();
      await this.#until(holds, ANSWER_MS);
    }
    return holds();
  }

  async #until(holds: () => boolean, limitMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    const deadline = clock.now() + limitMs;
    while (!holds() && clock.now() < deadline) await sleep(GLANCE_MS, undefined, { signal });
  }

  /** Calls `step` for so long, which answers with the bytes that have arrived so far, and reports now and then. */
  async #during(phase: Phase, ms: number, everyMs: number, step: () => number | null): Promise<void> {
    const { clock, signal, report } = this.#options;
    const began = clock.now();
    let told = { at: began, bytes: 0 };
    for (let now = began; now - began < ms; now = clock.now()) {
      const bytes = step();
      if (now - told.at >= PROGRESS_MS) {
        const bitsPerSecond = bytes === null ? null : ((bytes - told.bytes) * 8_000) / (now - told.at);
        report({ type: "progress", phase, done: (now - began) / ms, bitsPerSecond });
        told = { at: now, bytes: bytes ?? 0 };
      }
      await sleep(everyMs, undefined, { signal });
    }
    report({ type: "progress", phase, done: 1, bitsPerSecond: null });
  }
}

function throughput(bytes: number, ms: number, framesSent: number, framesArrived: number): Throughput {
  const bitsPerSecond = ms > 0 ? (bytes * 8_000) / ms : 0;
  return { bitsPerSecond, bytes, seconds: ms / 1_000, framesSent, framesArrived };
}

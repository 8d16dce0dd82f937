/**
 * The far end of `tapswitch test`. It answers with no more than it was sent, but for data that a peer asked for who
 * has shown a token that only its own address can have received, and then as long as that acknowledges them. One
 * test at a time, for so long; a few questions a second.
 */
import { randomInt } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { Mac } from "../../frame/mac.js";
import { MIN_PROBE, PROBE_IDS, type ProbeReader, ProbeType } from "../../frame/probe.js";
import { FlowReceiver } from "./flow-receiver.js";
import { FlowSender } from "./flow-sender.js";
import { isSame, type ProbePort } from "./probe-port.js";

/** A test that says nothing for so long is over. */
export const IDLE_MS = 2_000;
/** No test takes longer: a minute each way, and what surrounds it. */
export const LONGEST_MS = 140_000;
/** Most that is sent for one `send`. */
export const LONGEST_SEND_MS = 60_000;
/** `find` and `open` that are answered in a second. */
export const QUESTIONS_PER_SECOND = 20;
const TICK_MS = 50;

export interface ResponderOptions {
  readonly port: ProbePort;
  readonly clock: Clock;
  /** What this host is called, addresses included. */
  names(): readonly string[];
  /** Longest frame that it takes from a test, bytes. */
  largest(): number;
}

interface Test {
  readonly id: number;
  readonly token: number;
  readonly peer: Mac;
  readonly openedAt: number;
  heardAt: number;
  receiver: FlowReceiver;
  sender: FlowSender | null;
  sendUntil: number;
}

export class Responder {
  readonly #options: ResponderOptions;
  #test: Test | null = null;
  #timer: NodeJS.Timeout | undefined;
  #questions = 0;
  #countedAt = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
    options.port.listeners.add((probe, peer) => this.#hear(probe, peer));
  }

  /** Whether somebody tests against it. */
  get isBusy(): boolean {
    return this.#test !== null;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#test = null;
    this.#options.port.rest();
  }

  #hear(probe: ProbeReader, peer: Mac): void {
    const test = this.#test;
    if (probe.type === ProbeType.find) this.#answerFind(probe, peer);
    else if (probe.type === ProbeType.open) this.#answerOpen(probe, peer);
    else if (test !== null && isOf(test, probe, peer)) {
      test.heardAt = this.#options.clock.now();
      this.#serve(test, probe);
    }
  }

  #answerFind({ id, text }: ProbeReader, peer: Mac): void {
    if (!this.#mayAsk()) return;
    const names = this.#options.names();
    if (!names.some((name) => name.toLowerCase() === text)) return;
    const number = this.#options.largest();
    this.#options.port.answer(peer, { type: ProbeType.found, id, number, text: names[0]! });
  }

  #answerOpen({ id }: ProbeReader, peer: Mac): void {
    if (!this.#mayAsk()) return;
    const { port, clock } = this.#options;
    this.#test ??= newTest(id, peer, clock.now());
    this.#timer ??= setInterval(() => this.#everyTick(), TICK_MS);
    const { id: ours, token } = this.#test;
    // Who asks again has lost the answer.
    if (ours === id && isSame(this.#test.peer, peer))
      port.answer(peer, { type: ProbeType.opened, id, token });
    else port.answer(peer, { type: ProbeType.busy, id });
  }

  #serve(test: Test, probe: ProbeReader): void {
    const { port, clock } = this.#options;
    const { id, token, peer } = test;
    const { type, number, count, time, length } = probe;
    if (type === ProbeType.echo)
      port.answer(peer, { type: ProbeType.echoed, id, token, number, time, length });
    else if (type === ProbeType.data) {
      test.receiver.came(number, length, clock.now());
      port.soon(this.#acknowledge);
    } else if (type === ProbeType.send) this.#beginSending(test, number, count);
    else if (type === ProbeType.ack && test.sender !== null) {
      test.sender.acked(number, count, clock.now());
      port.soon(this.#pump);
    } else if (type === ProbeType.close) this.stop();
  }

  #beginSending(test: Test, length: number, ms: number): void {
    if (test.sender !== null || length < MIN_PROBE || length > this.#options.largest()) return;
    const { port, clock } = this.#options;
    const { id, token, peer } = test;
    const now = clock.now();
    const send = (number: number): void =>
      port.send(peer, { type: ProbeType.data, id, token, number, length });
    test.sender = new FlowSender({ frameBytes: length, send, backlog: () => port.backlog }, now);
    test.sendUntil = now + Math.min(ms, LONGEST_SEND_MS);
    port.soon(this.#pump);
  }

  readonly #acknowledge = (): void => {
    if (this.#test === null) return;
    const { id, token, peer, receiver } = this.#test;
    const { edge: number, arrived: count } = receiver;
    this.#options.port.send(peer, { type: ProbeType.ack, id, token, number, count });
  };

  readonly #pump = (): void => {
    const test = this.#test;
    if (test?.sender && this.#options.clock.now() < test.sendUntil) test.sender.pump();
  };

  #everyTick(): void {
    const test = this.#test;
    const now = this.#options.clock.now();
    if (test === null || now - test.heardAt > IDLE_MS || now - test.openedAt > LONGEST_MS) this.stop();
    else if (test.sender !== null) this.#goOnSending(test, test.sender, now);
  }

  #goOnSending({ id, token, peer, sendUntil }: Test, sender: FlowSender, now: number): void {
    sender.tick(now);
    if (now < sendUntil) sender.pump();
    else this.#options.port.send(peer, { type: ProbeType.done, id, token, count: sender.sent });
  }

  #mayAsk(): boolean {
    const now = this.#options.clock.now();
    if (now - this.#countedAt >= 1_000) {
      this.#countedAt = now;
      this.#questions = 0;
    }
    return ++this.#questions <= QUESTIONS_PER_SECOND;
  }
}

function isOf(test: Test, { id, token }: ProbeReader, peer: Mac): boolean {
  return id === test.id && token === test.token && isSame(peer, test.peer);
}

function newTest(id: number, peer: Mac, now: number): Test {
  const token = randomInt(1, PROBE_IDS - 1);
  const times = { openedAt: now, heardAt: now, sendUntil: 0 };
  return { id, token, peer, ...times, receiver: new FlowReceiver(), sender: null };
}

/** `tapswitch test` in a join: answers the tests of others, and runs those that are asked for here. */
import type { Clock } from "../../clock.js";
import type { StreamHandlers } from "../../control/api.js";
import type { ProbeLine } from "../../control/probe-api.js";
import { TapswitchError } from "../../errors.js";
import { ETHERNET_HEADER } from "../../frame/ethernet.js";
import { formatMac, type Mac } from "../../frame/mac.js";
import type { Port } from "../../switch/port.js";
import type { Switch } from "../../switch/switch.js";
import { ProbePort } from "./probe-port.js";
import { probe } from "./prober.js";
import { Responder } from "./responder.js";

/** About as long as the segments that TCP gets through a device with offload. */
const LARGE_FRAME = 65_000;

/** What a join knows of itself while it has a session. */
export interface ProbedHost {
  readonly mac: Mac;
  readonly mtu: number;
  /** What it is called, first of all by the server; then its addresses. */
  readonly names: readonly string[];
}

export interface ProbeDeskOptions {
  readonly lan: Switch;
  /** The port that leads to the others. */
  readonly port: Port;
  readonly clock: Clock;
  /** Whether others may test against it. */
  readonly answers: boolean;
  /** Null while there is no session. */
  host(): ProbedHost | null;
}

export class ProbeDesk {
  readonly #options: ProbeDeskOptions;
  #port: ProbePort | null = null;
  #responder: Responder | null = null;
  #isTesting = false;

  constructor(options: ProbeDeskOptions) {
    this.#options = options;
  }

  /** The session is there, and the device has this address from now on. */
  up(mac: Mac): void {
    const { lan, port, clock, answers } = this.#options;
    if (this.#port !== null) this.#port.mac = mac;
    this.#port ??= new ProbePort(lan, port, mac);
    const names = (): readonly string[] => this.#options.host()?.names ?? [];
    if (answers)
      this.#responder ??= new Responder({ port: this.#port, clock, names, largest: this.#largest });
  }

  close(): void {
    this.#responder?.stop();
  }

  /** Runs one test, telling the sink how it goes. Throws `full`, `unreachable`, `usage`. */
  readonly stream: StreamHandlers["test"] = (query, sink) => {
    const host = this.#options.host();
    if (this.#port === null || host === null)
      throw new TapswitchError(
        "unreachable",
        "this join has no connection to its server: 'tapswitch status'",
      );
    if (host.names.some((name) => name.toLowerCase() === query.target.toLowerCase()))
      throw new TapswitchError("usage", `'${query.target}' is this host itself: name another`);
    if (this.#isTesting || this.#responder?.isBusy)
      throw new TapswitchError("full", "this host is in the middle of another test: try again later");
    this.#isTesting = true;
    const report = (line: ProbeLine): void => void sink.write(`${JSON.stringify(line)}\n`);
    const { clock } = this.#options;
    const options = { port: this.#port, clock, largest: this.#largest, query, signal: sink.gone, report };
    void probe(options)
      .then(report, (error: unknown) => report(failureOf(error)))
      .finally(() => {
        this.#isTesting = false;
        sink.end();
      });
  };

  readonly #largest = (): number => {
    const { port, host } = this.#options;
    const { mtu } = host() ?? { mtu: 0 };
    return port.offload === 0 ? mtu + ETHERNET_HEADER : LARGE_FRAME;
  };
}

/** The names under which a join can be found. */
export function probedNames(name: string, mac: Mac, addresses: readonly string[]): string[] {
  return [name, formatMac(mac), ...addresses.map((address) => address.split("/")[0]!)];
}

function failureOf(error: unknown): ProbeLine {
  const { code, message } =
    error instanceof TapswitchError ? error : { code: "system", message: "internal error" };
  return { type: "failed", code, message };
}

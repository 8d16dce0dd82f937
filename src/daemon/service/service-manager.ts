/**
 * Tells the service manager how this process is [sd_notify(3)]: ready, reloading, stopping, a sentence on its state,
 * and that its event loop still turns. Where nobody asked to be told it costs nothing. What the environment says is
 * taken out of it, since hooks inherit it and must not speak for this process.
 */
import { native } from "../../native/native.js";
import type { Log } from "../log.js";

/** The state of this process is looked at this often. */
const LOOK_MS = 500;
/** A line of status is for people; a longer one would not fit a screen. */
const MAX_STATUS = 250;

export interface ServiceState {
  /** Whoever waits for this service may go on. */
  readonly ready: boolean;
  /** One sentence for people. */
  readonly text: string;
}

export class ServiceManager {
  readonly #name: Buffer | null;
  readonly #log: Log;
  #look: NodeJS.Timeout | undefined;
  #ready = false;
  #text = "";
  #failed = false;

  constructor(environment: NodeJS.ProcessEnv, log: Log) {
    this.#log = log;
    this.#name = socketName(take(environment, "NOTIFY_SOCKET"));
    const everyMs = watchdogMs(environment);
    if (everyMs !== null && this.#name !== null) setInterval(() => this.#tell("WATCHDOG=1"), everyMs).unref();
  }

  /** Says how it is from now on, whenever that changes, and once that it is ready. */
  follow(look: () => ServiceState): void {
    if (this.#name === null) return;
    this.#glance(look);
    this.#look = setInterval(() => this.#glance(look), LOOK_MS).unref();
  }

  /** To be followed by `reloaded`. */
  reloading(): void {
    if (this.#ready) this.#tell("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
  }

  reloaded(): void {
    if (this.#ready) this.#tell("READY=1");
  }

  stopping(): void {
    clearInterval(this.#look);
    this.#tell("STOPPING=1", "STATUS=saying good-bye");
  }

  #glance(look: () => ServiceState): void {
    const { ready, text } = look();
    const said: string[] = [];
    if (ready && !this.#ready) said.push("READY=1");
    if (text !== this.#text) said.push(`STATUS=${text.replace(/\s+/g, " ").slice(0, MAX_STATUS)}`);
    this.#ready ||= ready;
    this.#text = text;
    if (said.length > 0) this.#tell(...said);
  }

  #tell(...lines: string[]): void {
    if (this.#name === null) return;
    try {
      native().sendDatagram(this.#name, Buffer.from(`${lines.join("\n")}\n`));
    } catch (error) {
      if (!this.#failed)
        this.#log.warn({ why: (error as Error).message }, "cannot reach the service manager");
      this.#failed = true;
    }
  }
}

/** The bytes of the socket's name, or null where there is none that is a Unix socket. "@" stands for a zero byte. */
function socketName(text: string | undefined): Buffer | null {
  if (text === undefined || !/^[/@]./.test(text)) return null;
  return Buffer.from(text.replace(/^@/, "\0"));
}

/** How often a sign of life is due: twice in the time that the manager allows. Null where it wants none from us. */
function watchdogMs(environment: NodeJS.ProcessEnv): number | null {
  const limit = Number(take(environment, "WATCHDOG_USEC"));
  const pid = take(environment, "WATCHDOG_PID");
  if (!(limit > 0) || (pid !== undefined && pid !== String(process.pid))) return null;
  return Math.max(1, Math.floor(limit / 2_000));
}

function take(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name];
  delete environment[name];
  return value === "" ? undefined : value;
}

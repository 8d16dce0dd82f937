/**
 * A byte stream that has become a port: the running phase, the same on both sides. Frames go straight through;
 * what the session adds is liveness and an orderly end. A raw peer (QEMU, passt, a ten-line script) has no
 * messages, so it gets frames of kind 0 and nothing else.
 */
import type { Clock } from "../clock.js";
import { TapswitchError } from "../errors.js";
import { MAX_FRAME } from "../frame/record.js";
import type { Batch, Link, LinkCapabilities, LinkEvents, Sent } from "../link/link.js";
import type { StreamEvents, StreamLink } from "../link/stream.js";
import { formatMessage, type Message, parseMessage, type Settings } from "./messages.js";

/** Signs of life are passed on at most this often, in milliseconds. */
const HEARD_MS = 500;
/** Messages of one peer in a second; a client pings at most thirty times. */
export const MAX_MESSAGES = 100;
/** Longest frame to a raw peer, bytes: passt resets a connection that sends a longer one. */
export const RAW_MAX_FRAME = 65_535;

export interface SessionOptions {
  readonly clock: Clock;
  /** Offload bits that the peer takes over; absent for a raw peer. */
  readonly offload?: number;
  /** Called when the peer has shown a sign of life, at most twice a second. */
  readonly heard?: (session: Session) => void;
  /** Called with what the server has changed; absent where we are the server. */
  readonly changed?: (settings: Settings) => void;
  /** A raw peer that has sent nothing yet may still turn out to be native: gets its first message. */
  readonly upgrade?: (message: string) => void;
}

export class Session implements Link {
  readonly kind: string;
  readonly peer: string;
  readonly native: boolean;
  readonly capabilities: LinkCapabilities;
  readonly #link: StreamLink;
  readonly #options: SessionOptions;
  #events: LinkEvents | null = null;
  #heardAt: number;
  #toldAt: number;
  #framesHeard = false;
  /** Messages since `#countedAt`. */
  #messages = 0;
  #countedAt: number;
  #rttMs: number | null = null;

  constructor(link: StreamLink, options: SessionOptions) {
    this.kind = link.kind;
    this.peer = link.peer;
    this.native = options.offload !== undefined;
    this.capabilities = { maxFrame: this.native ? MAX_FRAME : RAW_MAX_FRAME, offload: options.offload ?? 0 };
    this.#link = link;
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#toldAt = this.#heardAt;
    this.#countedAt = this.#heardAt;
  }

  /** When the peer last showed a sign of life: any byte. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Round trip of the last answered ping. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#link.start(this.#inner);
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    return this.#link.send(bytes, start, end);
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  ping(): void {
    this.#say({ type: "ping", time: this.#options.clock.now() });
  }

  /** Tells a native peer what has changed. */
  tell(settings: Omit<Settings, "type">): void {
    this.#say({ type: "settings", ...settings });
  }

  /** Says why, where the peer can be told, and ends. */
  bye(code: string, message: string): void {
    if (this.native) this.#link.farewell(formatMessage({ type: "bye", code, message }));
    else this.#link.close();
  }

  close(error?: Error): void {
    this.#link.close(error);
  }

  /** Takes the frames that showed the peer to be a raw one. */
  batch(batch: Batch): void {
    this.#framesHeard = true;
    this.#events?.batch(batch);
  }

  /** What the stream tells us. */
  readonly #inner: StreamEvents = {
    read: () => this.#heard(),
    batch: (batch) => this.batch(batch),
    drain: () => this.#events?.drain(),
    dropped: (reason, frames) => this.#events?.dropped(reason, frames),
    message: (text) => this.#message(text),
    close: (error) => this.#end(error),
  };

  #message(text: string): void {
    if (this.native) this.#converse(text);
    else if (this.#options.upgrade && !this.#framesHeard) this.#leaveTo(this.#options.upgrade, text);
    else
      this.close(
        new TapswitchError("protocol", "a session message came after frames: a raw peer sends none"),
      );
  }

  #end(error?: Error): void {
    const events = this.#events;
    this.#events = null;
    events?.close(error);
  }

  #heard(): void {
    const now = this.#options.clock.now();
    this.#heardAt = now;
    if (now - this.#toldAt < HEARD_MS) return;
    this.#toldAt = now;
    this.#options.heard?.(this);
  }

  #converse(text: string): void {
    const message = this.#isFlood() ? FLOOD : parseMessage(text);
    if (message.type === "ping") this.#say({ type: "pong", time: message.time });
    else if (message.type === "pong") this.#rttMs = Math.max(0, this.#options.clock.now() - message.time);
    else if (message.type === "bye") this.close(new TapswitchError("bye", message.message));
    else if (message.type === "settings" && this.#options.changed) this.#options.changed(message);
    else if (message.type !== "unknown") this.close(unexpected(message));
  }

  /** A message costs far more than a frame, and no rate of the grant bounds it. */
  #isFlood(): boolean {
    if (this.#heardAt - this.#countedAt >= 1_000) {
      this.#countedAt = this.#heardAt;
      this.#messages = 0;
    }
    return ++this.#messages > MAX_MESSAGES;
  }

  /** The port goes; the stream goes on as what it really is. */
  #leaveTo(upgrade: (message: string) => void, text: string): void {
    this.#end();
    upgrade(text);
  }

  /** A raw peer would take a message for a frame of 32 MiB. */
  #say(message: Message): void {
    if (this.native) this.#link.sendMessage(formatMessage(message));
  }
}

const FLOOD = { type: "invalid", why: `more than ${MAX_MESSAGES} of them in a second` } as const;

function unexpected(message: Exclude<ReturnType<typeof parseMessage>, { type: "unknown" }>): TapswitchError {
  const what =
    message.type === "invalid"
      ? `an invalid message (${message.why})`
      : `'${message.type === "other-version" ? "hello" : message.type}' out of turn`;
  return new TapswitchError("protocol", `the peer sent ${what}`);
}

/**
 * The server's side of a beginning: what is this byte stream, and which port does it become? The first record
 * decides, whenever it comes. A `hello` makes a native peer; a frame makes a raw one, if the listener takes those.
 * A raw peer may stay silent for ever and must still hear what the others say, so one that has said nothing for a
 * second becomes a port too, and gives it up again should a `hello` follow after all.
 */
import type { Clock } from "../clock.js";
import { TapswitchError } from "../errors.js";
import { offloadMask } from "../frame/offload.js";
import type { Batch } from "../link/link.js";
import type { StreamEvents, StreamLink } from "../link/stream.js";
import type { Admitted } from "./grant.js";
import {
  formatMessage,
  type Hello,
  PROTOCOL_VERSION,
  parseMessage,
  REFUSALS,
  type Welcome,
} from "./messages.js";
import { Session } from "./session.js";

/** A peer that has said nothing for this long is served as a raw one. */
export const SILENT_MS = 1_000;
/** A peer that must be native has this long for its `hello`. */
export const HELLO_MS = 5_000;

/** Who is let in, and where they go. */
export interface Host {
  /** Decides about a native peer. Rejects with the `TapswitchError` that the peer is to be told. */
  admit(hello: Hello, link: StreamLink): Promise<Admitted>;
  /** Gives an admitted session its port and answers with what it is to be told. */
  attach(session: Session, hello: Hello, admitted: Admitted): Welcome;
  /** Gives a raw peer its port. */
  attachRaw(session: Session): void;
  /** A session showed a sign of life; at most twice a second. */
  heard(session: Session): void;
  /** The stream ended before it became a session. */
  ended(link: StreamLink, error?: Error): void;
}

export interface AcceptOptions {
  readonly host: Host;
  readonly clock: Clock;
  /** Raw peers are taken. */
  readonly raw: boolean;
}

/** Finds out what an accepted stream is, and hands it to the host. */
export function acceptSession(link: StreamLink, options: AcceptOptions): void {
  new Acceptance(link, options).start();
}

class Acceptance {
  readonly #link: StreamLink;
  readonly #options: AcceptOptions;
  #timer: NodeJS.Timeout | undefined;
  #deciding = false;
  #ended = false;

  constructor(link: StreamLink, options: AcceptOptions) {
    this.#link = link;
    this.#options = options;
  }

  start(): void {
    this.#link.start(this.#inner);
    this.#timer = this.#options.raw
      ? setTimeout(() => this.#becomeRaw(), SILENT_MS)
      : setTimeout(() => this.#refuse(noHello()), HELLO_MS);
  }

  /** What the stream tells us until it has become a session. */
  readonly #inner: StreamEvents = {
    batch: (batch) => this.#frames(batch),
    message: (text) => this.#message(text),
    drain: () => undefined,
    dropped: () => undefined,
    close: (error) => {
      this.#ended = true;
      this.#stopTimer();
      this.#options.host.ended(this.#link, error);
    },
  };

  #frames(batch: Batch): void {
    // Frames between hello and welcome belong to no port yet.
    if (this.#deciding) return;
    if (!this.#options.raw) {
      this.#refuse(
        new TapswitchError("native-only", "this listener takes tapswitch clients only: it has raw=no"),
      );
      return;
    }
    this.#becomeRaw()?.batch(batch);
  }

  /** Null where the host takes it not even as a raw one. */
  #becomeRaw(): Session | null {
    this.#stopTimer();
    const session = new Session(this.#link, {
      clock: this.#options.clock,
      upgrade: (text) => {
        this.#link.start(this.#inner);
        this.#message(text);
      },
    });
    try {
      this.#options.host.attachRaw(session);
      return session;
    } catch (error) {
      // A raw peer understands no refusal.
      this.#link.close(error as Error);
      return null;
    }
  }

  #message(text: string): void {
    this.#stopTimer();
    const message = parseMessage(text);
    if (this.#deciding) this.#fail("a second message came before the answer to hello");
    else if (message.type === "invalid")
      this.#refuse(new TapswitchError("protocol", `cannot read the first message: ${message.why}`));
    else if (message.type === "other-version") this.#refuse(otherVersion(message.version));
    else if (message.type !== "hello") this.#fail(`the first message was '${message.type}', not 'hello'`);
    else void this.#decide(message);
  }

  async #decide(hello: Hello): Promise<void> {
    this.#deciding = true;
    try {
      const grant = await this.#options.host.admit(hello, this.#link);
      // A port for a stream that ended meanwhile would stay for ever.
      if (!this.#ended) this.#welcome(hello, grant);
    } catch (error) {
      this.#refuse(
        error instanceof TapswitchError
          ? error
          : new TapswitchError("system", "internal error", { cause: error }),
      );
    }
  }

  #welcome(hello: Hello, admitted: Admitted): void {
    const { host, clock } = this.#options;
    const offload = offloadMask(hello.capabilities.offload);
    const session = new Session(this.#link, { clock, offload, heard: (one) => host.heard(one) });
    // The port exists from here on; the welcome goes out before any frame can.
    this.#link.sendMessage(formatMessage(host.attach(session, hello, admitted)));
  }

  /** Failures of our own are for our log; they may name files. */
  #refuse(error: TapswitchError): void {
    this.#stopTimer();
    const { code, message } = REFUSALS.has(error.code) ? error : INTERNAL;
    this.#link.farewell(formatMessage({ type: "refuse", code, message }), error);
  }

  /** For a peer that breaks the order of messages there is nothing to say. */
  #fail(why: string): void {
    this.#ended = true;
    this.#link.close(new TapswitchError("protocol", why));
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
  }
}

/** All that a peer hears of a mistake or lack on this side. */
const INTERNAL = { code: "system", message: "internal error" } as const;

function noHello(): TapswitchError {
  return new TapswitchError("timeout", `no hello within ${HELLO_MS} ms`);
}

function otherVersion(theirs: number): TapswitchError {
  return new TapswitchError(
    "version",
    `the client speaks protocol version ${theirs} and this server version ${PROTOCOL_VERSION}: ` +
      `upgrade ${theirs < PROTOCOL_VERSION ? "the client" : "the server"}`,
  );
}

/**
 * Tells when a port begins to send more to everybody than it may, and when it ends; where that is wanted, shuts the
 * port for a while. The bounds themselves are the port's `StormMeter`, which drops what is beyond them.
 */
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import { STORM_KINDS, type StormKind } from "./storm-limits.js";

/** A storm is over when nothing more has been dropped for so long, ms. */
export const STORM_OVER_MS = 5_000;

const WORDS: Readonly<Record<StormKind, string>> = {
  broadcast: "broadcasts",
  multicast: "multicasts",
  unknown: "frames to unknown addresses",
};

interface Watched {
  /** Frames dropped by the end of the last tick. */
  readonly seen: Record<StormKind, number>;
  /** Null while there is no storm. */
  storm: { readonly kind: StormKind; readonly from: number; refusedAt: number } | null;
  /** When it may go on; null while it is not shut. */
  shutUntil: number | null;
}

export class StormControl implements Protocol {
  readonly name = "storm-control";
  readonly classes = 0;
  readonly #watched = new Map<Port, Watched>();
  readonly #figures = { storms: 0, portsShut: 0 };
  #host: ProtocolHost | null = null;

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  attached(port: Port): void {
    const seen = { ...(port.storm?.refused ?? { broadcast: 0, multicast: 0, unknown: 0 }) };
    this.#watched.set(port, { seen, storm: null, shutUntil: null });
  }

  detached(port: Port): void {
    this.#open(port, this.#watched.get(port)!, "its settings have changed");
    this.#watched.delete(port);
  }

  /** Asks for no frames: the meters have seen them. */
  take(): Verdict {
    return null;
  }

  tick(now: number): void {
    for (const [port, watched] of this.#watched) if (port.storm !== null) this.#look(port, watched, now);
  }

  figures(): Readonly<Record<string, number>> {
    return this.#figures;
  }

  #look(port: Port, watched: Watched, now: number): void {
    const { seen } = watched;
    const kind = STORM_KINDS.find((each) => port.storm!.refused[each] !== seen[each]);
    if (kind !== undefined) this.#refused(port, watched, kind, now);
    if (watched.shutUntil !== null && now >= watched.shutUntil) this.#open(port, watched, "time is up");
    if (watched.storm !== null && now - watched.storm.refusedAt >= STORM_OVER_MS) this.#over(port, watched);
    for (const each of STORM_KINDS) seen[each] = port.storm!.refused[each];
  }

  #refused(port: Port, watched: Watched, kind: StormKind, now: number): void {
    if (watched.storm !== null) {
      watched.storm.refusedAt = now;
      return;
    }
    watched.storm = { kind, from: watched.seen[kind], refusedAt: now };
    this.#figures.storms++;
    const { shutMs } = port.storm!;
    const fate = shutMs === 0 ? "what is beyond is dropped" : `it is shut for ${shutMs / 1_000} s`;
    this.#tell(port, `a storm: more ${WORDS[kind]} from port '${port.name}' than it may send; ${fate}`);
    if (shutMs === 0) return;
    this.#figures.portsShut++;
    watched.shutUntil = now + shutMs;
    this.#host!.setState(port, "discarding", `a storm of ${WORDS[kind]}`);
  }

  #over(port: Port, watched: Watched): void {
    const { kind, from } = watched.storm!;
    watched.storm = null;
    const count = port.storm!.refused[kind] - from;
    this.#tell(port, `the storm from port '${port.name}' is over: ${count} ${WORDS[kind]} were dropped`);
  }

  #open(port: Port, watched: Watched, why: string): void {
    if (watched.shutUntil === null) return;
    watched.shutUntil = null;
    this.#host!.setState(port, "forwarding", why);
  }

  #tell(port: Port, message: string): void {
    this.#host!.tell({ type: "storm", port, message });
  }
}

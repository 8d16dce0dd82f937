/** Which ports are cut off because of a loop, from the first probe that came round to the last. */
import type { Port } from "../port.js";
import type { ProtocolHost } from "../protocol.js";
import { HOLD_MS, type WatchedPort } from "./watched-port.js";

/** A switch that has gone before this one cuts a loop within so long; if it has not, it is another loop. ms */
export const PATIENCE_MS = 900;
/** A probe of that switch was seen at most so long ago, and a suspicion is as old at most, ms. */
export const FRESH_NEWS_MS = 3_500;
/** How often it is told that a loop is behind a port, ms. */
export const ECHO_TOLD_MS = 60_000;

export class LoopCuts {
  readonly figures = { loopsCut: 0, loopsBehindPorts: 0 };
  readonly #host: ProtocolHost;

  constructor(host: ProtocolHost) {
    this.#host = host;
  }

  /** What left by `sender` came in through `receiver`. */
  looped(sender: WatchedPort, receiver: WatchedPort, now: number): void {
    if (sender === receiver) {
      this.#echoed(sender, now);
      return;
    }
    const [older, younger] = sender.age < receiver.age ? [sender, receiver] : [receiver, sender];
    if (older.cut !== null) return;
    if (younger.cut !== null) younger.cut.seenAt = now;
    else if (this.#isOurs(older, younger, now)) this.#cut(younger, older, now);
  }

  /** Time has passed: lets a port go that no probe comes round through any more. */
  tick(watched: WatchedPort, now: number): void {
    const { cut, port } = watched;
    if (cut !== null && now - cut.seenAt >= cut.holdMs) {
      watched.release(now);
      this.#host.setState(port, "forwarding", "the loop is gone");
      this.#tell(port, `the loop through port '${port.name}' is gone: it goes on`);
    }
    if (Number.isFinite(watched.echoedAt) && now - watched.echoedAt >= HOLD_MS) {
      watched.echoedAt = Number.NEGATIVE_INFINITY;
      this.#tell(port, `the loop behind port '${port.name}' is gone`);
    }
  }

  /** The link of `gone` has ended: of those that were cut off in its favour, the oldest takes its place. */
  left(gone: WatchedPort, all: Iterable<WatchedPort>, now: number): void {
    if (gone.cut !== null) this.#host.setState(gone.port, "forwarding", "its link has ended");
    const waiting = [...all]
      .filter(({ cut }) => cut?.rival === gone)
      .sort((one, other) => one.age - other.age);
    const [heir, ...others] = waiting;
    if (heir === undefined || heir === gone) return;
    heir.release(now);
    this.#host.setState(heir.port, "forwarding", `in place of port '${gone.port.name}'`);
    for (const other of others) other.cut = { ...other.cut!, rival: heir };
  }

  /** Whether it is on this switch to cut the loop, now. */
  #isOurs(older: WatchedPort, younger: WatchedPort, now: number): boolean {
    const seniorSeenAt = Math.max(older.seniorSeenAt, younger.seniorSeenAt);
    if (now - seniorSeenAt > FRESH_NEWS_MS) return true;
    const waited = now - younger.suspectedAt;
    if (waited >= PATIENCE_MS && waited <= FRESH_NEWS_MS) return true;
    if (waited > FRESH_NEWS_MS) younger.suspectedAt = now;
    return false;
  }

  #cut(younger: WatchedPort, older: WatchedPort, now: number): void {
    const [port, rival] = [younger.port, older.port];
    younger.cutOff(older, now);
    this.figures.loopsCut++;
    this.#host.setState(port, "discarding", `a loop with port '${rival.name}'`);
    // In the loop, addresses were seen where they are not.
    for (const each of [port, rival]) this.#host.forget(each);
    this.#tell(
      port,
      `a loop: what leaves by port '${rival.name}' comes in by port '${port.name}', which is cut off until it is gone`,
    );
  }

  #echoed(watched: WatchedPort, now: number): void {
    const { port } = watched;
    watched.echoedAt = now;
    if (watched.cut !== null) watched.cut.seenAt = now;
    if (watched.cut === null && port.loopProbe === "cut") {
      watched.cutOff(watched, now);
      this.#host.setState(port, "discarding", "a loop behind it");
    }
    if (now - watched.echoToldAt < ECHO_TOLD_MS) return;
    watched.echoToldAt = now;
    this.figures.loopsBehindPorts++;
    this.#tell(port, `a loop behind port '${port.name}': what leaves by it comes in by it again`);
  }

  #tell(port: Port, message: string): void {
    this.#host.tell({ type: "loop", port, message });
  }
}

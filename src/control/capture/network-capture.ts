/** What a capture sees of one network: which ports it looks at, and which of their frames. */
import type { DropReason } from "../../frame/drop-reason.js";
import type { Filter } from "../../frame/filter.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import type { Direction, ObservedPort, Observer } from "../../switch/observer.js";
import type { Switch } from "../../switch/switch.js";
import type { PacketWriter, Tally } from "./packet-writer.js";

export interface Choice {
  /** Names and numbers of ports; empty for all. */
  readonly ports: readonly string[];
  readonly direction: Direction | "both";
  /** Also frames that go no further. */
  readonly drops: boolean;
  readonly filter: Filter | null;
}

export interface NetworkCaptureOptions {
  readonly network: Switch;
  readonly choice: Choice;
  readonly writer: PacketWriter;
  /** Puts the network's name before its ports'. */
  readonly named: boolean;
  /** The writer is full. */
  readonly full: () => void;
}

interface Seen {
  readonly port: ObservedPort;
  /** Null for a port that is not looked at. */
  readonly tally: Tally | null;
}

export class NetworkCapture implements Observer {
  readonly #options: NetworkCaptureOptions;
  /** By the number of the port; another port may have it later. */
  readonly #seen: (Seen | undefined)[] = [];
  readonly #stop: () => void;
  #open = true;

  /** Looks on from now on; the ports that there are come first in the file. */
  constructor(options: NetworkCaptureOptions) {
    this.#options = options;
    for (const port of options.network.ports) this.#meet(port, 0);
    this.#stop = options.network.observe(this);
  }

  saw(
    direction: Direction,
    port: ObservedPort,
    frame: FrameCursor,
    now: number,
    dropped: DropReason | null,
  ): void {
    if (!this.#open) return;
    const seen = this.#seen[port.id];
    const tally = seen?.port === port ? seen.tally : this.#meet(port, now);
    if (tally === null) return;
    const { choice, writer, full } = this.#options;
    if (choice.direction !== "both" && choice.direction !== direction) return;
    if (dropped !== null && !choice.drops) return;
    tally.received++;
    if (choice.filter !== null && !choice.filter.matchesFrame(frame)) return;
    writer.at(direction, now, dropped);
    writer.write(frame, tally);
    if (writer.full) full();
  }

  /** Ends it, with the statistics of its ports. */
  stop(now: number): void {
    this.#open = false;
    this.#stop();
    for (const seen of this.#seen) this.#conclude(seen, now);
  }

  #meet(port: ObservedPort, now: number): Tally | null {
    const { network, choice, writer, named } = this.#options;
    this.#conclude(this.#seen[port.id], now);
    const chosen =
      choice.ports.length === 0 || choice.ports.includes(port.name) || choice.ports.includes(String(port.id));
    const facts = {
      name: named ? `${network.name}/${port.name}` : port.name,
      description: port.link === null ? "down" : `${port.link.kind} ${port.link.peer}`,
      filter: choice.filter?.text ?? "",
    };
    const tally = chosen ? writer.introduce(facts) : null;
    this.#seen[port.id] = { port, tally };
    return tally;
  }

  #conclude(seen: Seen | undefined, now: number): void {
    if (seen?.tally) this.#options.writer.conclude(seen.tally, now);
  }
}

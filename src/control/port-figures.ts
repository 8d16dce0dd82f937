/**
 * What the metrics say of ports, for a bounded number of them. The first `limit` ports have series of their own for as
 * long as they live; all further ones share one series per network, named `OTHER`. That one adds up what its ports
 * carry from scrape to scrape, so that it never goes back when one of them leaves, which would look like a restart.
 */
import { DROP_REASONS } from "../frame/drop-reason.js";
import type { PortView } from "./inspect-api.js";

/** The port label of the shared series. A port that is really called so is counted in it. */
export const OTHER = "other";

/** One figure of a port, by the last part of its metric's name. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  /** Of what does not fit in the name. */
  readonly reason?: string;
  of(port: PortView): number;
}

const DROPPED = "Frames that were refused from the port, or lost on their way out of it, by reason.";

/** Figures that only grow. */
export const PORT_COUNTERS: readonly Figure[] = [
  {
    name: "receive_bytes_total",
    help: "Bytes of frames that came in through the port.",
    of: (port) => port.bytesIn,
  },
  {
    name: "receive_frames_total",
    help: "Frames that came in through the port; a large segment counts as one.",
    of: (port) => port.framesIn,
  },
  {
    name: "transmit_bytes_total",
    help: "Bytes of frames that left through the port.",
    of: (port) => port.bytesOut,
  },
  {
    name: "transmit_frames_total",
    help: "Frames that left through the port; a large segment counts as one.",
    of: (port) => port.framesOut,
  },
  {
    name: "flooded_frames_total",
    help: "Frames of the port that went to all others.",
    of: (port) => port.floods,
  },
  {
    name: "macs_evicted_total",
    help: "Addresses pushed out because the port was at its limit.",
    of: (port) => port.macsEvicted,
  },
  ...DROP_REASONS.map((reason) => ({
    name: "dropped_frames_total",
    help: DROPPED,
    reason,
    of: (port: PortView) => port.drops[reason],
  })),
];

/** Figures of the moment. */
export const PORT_GAUGES: readonly Figure[] = [
  {
    name: "up",
    help: "Whether the port has a link; of the shared series, how many.",
    of: (port) => Number(port.up),
  },
  { name: "macs", help: "Addresses behind the port.", of: (port) => port.macs },
  { name: "queue_bytes", help: "Bytes that wait for the port.", of: (port) => port.queuedBytes },
];

/** One series of each figure. */
export interface PortRow {
  readonly network: string;
  readonly port: string;
  /** In the order of `PORT_COUNTERS` and `PORT_GAUGES`. */
  readonly counters: number[];
  readonly gauges: number[];
}

interface Known {
  readonly own: boolean;
  /** Filled anew by each scrape, so that many ports leave no garbage behind. */
  readonly row: PortRow;
}

export class PortFigures {
  readonly #limit: number;
  readonly #known = new Map<string, Known>();
  readonly #shared = new Map<string, PortRow>();
  #own = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The series of this scrape, one after the other, good until the next; null for a port without one of its own. */
  *rows(ports: readonly PortView[]): Generator<PortRow | null> {
    this.#forgetGone(ports);
    for (const { gauges } of this.#shared.values()) gauges.fill(0);
    for (const port of ports) {
      const { own, row } = this.#meet(port);
      const shared = own ? null : this.#sharedOf(port.network);
      takeCounters(row.counters, port, shared?.counters);
      takeGauges(row.gauges, port, shared?.gauges);
      yield own ? row : null;
    }
    // Those whose ports have all gone stay as they were.
    yield* this.#shared.values();
  }

  #meet(port: PortView): Known {
    const key = keyOf(port);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const own = port.name !== OTHER && this.#own < this.#limit;
    if (own) this.#own++;
    const met = { own, row: emptyRow(port.network, port.name) };
    this.#known.set(key, met);
    return met;
  }

  #forgetGone(ports: readonly PortView[]): void {
    const there = new Set(ports.map(keyOf));
    for (const [key, { own }] of this.#known) {
      if (there.has(key)) continue;
      this.#known.delete(key);
      if (own) this.#own--;
    }
  }

  #sharedOf(network: string): PortRow {
    const row = this.#shared.get(network) ?? emptyRow(network, OTHER);
    this.#shared.set(network, row);
    return row;
  }
}

function keyOf({ network, id, name }: PortView): string {
  return `${network}/${id}/${name}`;
}

function emptyRow(network: string, port: string): PortRow {
  return { network, port, counters: PORT_COUNTERS.map(() => 0), gauges: PORT_GAUGES.map(() => 0) };
}

/** `sums` grow by what has come since. A counter that went back is that of a new port of the same name. */
function takeCounters(counters: number[], port: PortView, sums: number[] | undefined): void {
  const isNew = PORT_COUNTERS.some((figure, at) => figure.of(port) < counters[at]!);
  for (let at = 0; at < counters.length; at++) {
    const value = PORT_COUNTERS[at]!.of(port);
    if (sums !== undefined) sums[at]! += isNew ? value : value - counters[at]!;
    counters[at] = value;
  }
}

function takeGauges(gauges: number[], port: PortView, sums: number[] | undefined): void {
  for (let at = 0; at < gauges.length; at++) {
    gauges[at] = PORT_GAUGES[at]!.of(port);
    if (sums !== undefined) sums[at]! += gauges[at]!;
  }
}

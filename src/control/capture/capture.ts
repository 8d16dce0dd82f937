/**
 * One capture: frames of some ports, as a stream in the pcapng format. It looks on at its networks for as long as it
 * has a reader, takes nothing from the traffic but the time to copy, and what its reader is too slow for it counts as
 * dropped in the statistics at the end.
 */
import type { Switch } from "../../switch/switch.js";
import { type Choice, NetworkCapture } from "./network-capture.js";
import { PacketWriter, type WriterOptions } from "./packet-writer.js";

export interface CaptureOptions extends WriterOptions {
  readonly networks: readonly Switch[];
  readonly choice: Choice;
  /** Program and version, for the file. */
  readonly application: string;
  /** It is over. */
  readonly ended: () => void;
  /** The switches' time. */
  readonly now: () => number;
}

export class Capture {
  readonly #options: CaptureOptions;
  readonly #writer: PacketWriter;
  readonly #networks: NetworkCapture[] = [];
  #open = true;

  constructor(options: CaptureOptions) {
    const { networks, choice, sink } = options;
    this.#options = options;
    this.#writer = new PacketWriter(options, options.application);
    const named = networks.length > 1;
    const full = (): void => this.stop();
    for (const network of networks)
      this.#networks.push(new NetworkCapture({ network, choice, writer: this.#writer, named, full }));
    sink.gone.addEventListener("abort", () => this.stop());
    if (sink.gone.aborted) this.stop();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Ends the file in good order. */
  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    const now = this.#options.now();
    for (const network of this.#networks) network.stop(now);
    this.#writer.end();
    this.#options.ended();
  }
}

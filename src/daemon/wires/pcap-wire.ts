/** A capture file on a port. */
import type { PcapEndpoint } from "../../config/endpoint/pcap.js";
import { ReplayLink } from "../../link/replay.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with what `ReplayLink.open` throws. */
export async function openPcapWire(
  { path, speed = 1, loop = false }: PcapEndpoint,
  { log }: WirePlace,
): Promise<OpenedWire> {
  const ended = (frames: number, skipped: number, error?: Error): void => {
    const without = skipped === 0 ? "" : `; ${skipped} were cut short or no frames`;
    const came = `pcap:${path}: ${frames} packets came in`;
    if (error === undefined) log.info(`${came}, that was all${without}`);
    else log.warn(`${came}${without}; ${error.message}`);
  };
  return { link: await ReplayLink.open(path, { speed, loop, ended }) };
}

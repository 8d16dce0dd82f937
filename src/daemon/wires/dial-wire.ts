/**
 * Connects to whoever speaks frames and nothing else: a QEMU that listens (`server=on`), passt, a raw listener of
 * another switch.
 */
import type { TcpEndpoint } from "../../config/endpoint/tcp.js";
import type { UnixEndpoint } from "../../config/endpoint/unix.js";
import { RAW_MAX_FRAME } from "../../session/session.js";
import { dial } from "../uplink/dial.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with `unreachable`. */
export async function dialWire(
  endpoint: TcpEndpoint | UnixEndpoint,
  { signal }: WirePlace,
): Promise<OpenedWire> {
  return { link: await dial(endpoint, { signal, maxFrame: RAW_MAX_FRAME }) };
}

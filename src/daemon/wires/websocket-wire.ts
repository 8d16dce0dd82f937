/** Connects to a server that takes frames by WebSocket: websockproxy and its kin, or a listener of another switch. */
import { readFileSync } from "node:fs";
import { formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { WebSocketEndpoint } from "../../config/endpoint/websocket.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import { connectWebSocket } from "../../link/open-websocket.js";
import { readToken } from "../web-secrets.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with `unreachable`, and with `usage` where a file of the endpoint cannot be used. */
export async function connectWebSocketWire(
  endpoint: WebSocketEndpoint,
  { signal }: WirePlace,
): Promise<OpenedWire> {
  const { kind, token, ca } = endpoint;
  const peer = formatEndpoint(endpoint);
  const url = new URL(peer);
  if (token !== undefined) url.searchParams.set("token", readToken(token, "--attach"));
  const trust = ca === undefined ? {} : { ca: readCa(ca) };
  return { link: await connectWebSocket(url.href, { kind, peer }, { signal, ...trust }) };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TapswitchError("usage", `--attach: cannot read '${file}' (${errnoOf(cause)})`, { cause });
  }
}

/** Whether strangers could reach a listener that asks nobody who they are. */
import { type Endpoint, kindOf, type StreamEndpoint } from "./endpoint/endpoint.js";
import { isLoopback } from "./endpoint/host.js";

/** What it means that a listener is exposed. */
export const EXPOSED =
  "faces the network without encryption or access control: anyone who reaches it can read and inject every frame";

export function isExposed(endpoint: Endpoint): boolean {
  if (!("host" in endpoint) || isLoopback(endpoint.host)) return false;
  const asksNobody = (endpoint.kind === "ws" || endpoint.kind === "wss") && endpoint.token === undefined;
  return kindOf(endpoint).isEncrypted !== true || asksNobody;
}

/** Whether peers without sessions are let in: where nobody else gets, unless the endpoint says otherwise. */
export function takesRaw(endpoint: StreamEndpoint): boolean {
  return endpoint.raw ?? (endpoint.kind === "unix" || (endpoint.kind === "tcp" && isLoopback(endpoint.host)));
}

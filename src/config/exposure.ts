/** Whether strangers could reach a listener that asks nobody who they are. */
import { type Endpoint, isLoopback } from "./endpoint.js";

/** What it means that a listener is exposed. */
export const EXPOSED =
  "faces the network without encryption or access control: anyone who reaches it can read and inject every frame";

export function isExposed(endpoint: Endpoint): boolean {
  return endpoint.kind === "tcp" && !isLoopback(endpoint.host);
}

/** Whether peers without sessions are let in: where nobody else gets, unless the endpoint says otherwise. */
export function takesRaw(endpoint: Endpoint): boolean {
  return endpoint.raw ?? (endpoint.kind === "unix" || (endpoint.kind === "tcp" && isLoopback(endpoint.host)));
}

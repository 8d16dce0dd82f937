/** The answers to what can be asked about wires: `wire-api.ts`. */
import { parseEndpoint } from "../../config/endpoint/endpoint.js";
import type { Handlers, WireCall } from "../../control/api.js";
import type { Wires } from "../wires/wires.js";

export function wireDesk(wires: Wires): Handlers<WireCall> {
  return {
    wires: () => wires.views(),
    attach: ({ url }) => wires.attach(parseEndpoint(url, "attach")),
    detach: ({ wire, network }) => wires.detach(wire, network),
  };
}

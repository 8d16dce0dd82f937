/** passt as a port; what it says of itself is for who looks for a fault. */
import type { PasstEndpoint } from "../../config/endpoint/passt.js";
import { openPasst } from "../../link/passt.js";
import { LogLimiter } from "../log-limiter.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Options that passt wants once for each value. */
const REPEATED = new Set(["dns", "address", "outbound", "dns-forward", "tcp-ports", "udp-ports"]);

/** Rejects with `missing`, `system`. */
export async function openPasstWire(endpoint: PasstEndpoint, place: WirePlace): Promise<OpenedWire> {
  const limiter = new LogLimiter(place.clock);
  const said = (line: string): void => limiter.note("line", () => place.log.debug(`passt: ${line}`));
  return { link: await openPasst({ args: passtArguments(endpoint, place.mtu), said }) };
}

/** passt's arguments; its guest is told the network's MTU where the endpoint says none. */
export function passtArguments({ mtu, settings }: PasstEndpoint, networkMtu: number): string[] {
  const given = Object.entries(settings).flatMap(([name, value]) =>
    (REPEATED.has(name) ? value.split(" ") : [value]).flatMap((one) => [`--${name}`, one]),
  );
  return ["--mtu", String(mtu ?? networkMtu), ...given];
}

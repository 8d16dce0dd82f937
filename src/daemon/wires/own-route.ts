/**
 * An interface that carries the sessions themselves must not be a port: what a session sends would come in at that
 * port, be sent into the session, and come in again.
 */
import { TapswitchError } from "../../errors.js";
import { routeInterface } from "../../native/interface.js";
import { native } from "../../native/native.js";

/** Addresses in documentation, which the default routes lead to [RFC 5737, RFC 3849]. */
const ELSEWHERE = ["192.0.2.1", "2001:db8::1"];

/** Throws `route-loop` where packets to one of `servers` (IP addresses), or by the default route, leave through it. */
export function refuseOwnRoute(name: string, servers: readonly string[]): void {
  for (const server of servers) refuseRoute(name, server);
  for (const address of ELSEWHERE) refuseRoute(name, address, "this host's default route");
}

/** Throws `route-loop` where packets to `address` leave through the interface; `what` it is then said to carry. */
export function refuseRoute(
  name: string,
  address: string,
  what = `the route to the server ${address}`,
): void {
  const route = routeInterface(address);
  if (route === null || !isCarriedBy(route, name)) return;
  throw new TapswitchError(
    "route-loop",
    `${name} carries ${what}: sessions would run through their own switch; name another interface, or say force=yes`,
  );
}

/** Whether `route` is `name`, a bridge or bond that it belongs to, a VLAN on one of these, or the other end of a cable. */
function isCarriedBy(route: string, name: string): boolean {
  const [upper, wire] = [native().getInterface(route), native().getInterface(name)];
  if (upper === null || wire === null) return false;
  const ours = [wire.index, wire.master].filter((index) => index !== 0);
  return ours.includes(upper.index) || ours.includes(upper.lower);
}

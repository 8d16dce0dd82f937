/**
 * When a `join` is ready: once its first try has had its outcome, whichever it was. Then the device is there with its
 * addresses, and who waits for it can go on although the server may be away for hours. What waiting cannot heal has
 * ended the process by then, so that the start itself is seen to fail.
 */
import type { UplinkSnapshot } from "../uplink/uplink.js";
import type { ServiceState } from "./service-manager.js";

export function joinState(server: string, { state, lastError }: UplinkSnapshot): ServiceState {
  if (state === "up") return { ready: true, text: `joined ${server}` };
  const trouble = lastError === null ? "" : `: ${lastError}`;
  return { ready: lastError !== null, text: `not joined to ${server}${trouble}` };
}

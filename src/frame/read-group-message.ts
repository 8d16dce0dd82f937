/**
 * Reading IGMP and MLD. Whatever is not exactly as it should be (checksum, length, hop limit, a fragment) is no message,
 * so that nobody can be told something by what hosts would ignore.
 */
import { type FrameLayout, Network } from "./frame-layout.js";
import type { GroupMessage } from "./group-message.js";
import { readIgmp } from "./igmp.js";
import { readMld } from "./mld.js";

/** Reads what a frame says of which `layout` knows the protocol; false where it says nothing. */
export function readGroupMessage(layout: FrameLayout, message: GroupMessage): boolean {
  if (layout.network === Network.ipv4) return readIgmp(layout, message);
  return layout.network === Network.ipv6 && readMld(layout, message);
}

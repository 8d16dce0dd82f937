/** Who may give addresses and routes in a network, and who may use which address. */
import { z } from "zod";
import { ABOUT } from "./about.js";
import { DhcpOptions } from "./dhcp-options.js";
import { yesNo } from "./fields.js";

export const GUARD_OPTIONS = {
  dhcpGuard: yesNo().optional().register(ABOUT, {
    description: "DHCP servers and relays only behind trusted ports",
    otherwise: "no; yes where this server gives addresses or guards them",
  }),
  raGuard: yesNo().default(false).register(ABOUT, {
    description: "router advertisements and redirects only from trusted ports",
  }),
  addressGuard: z.enum(["off", "first", "strict"]).default("off").register(ABOUT, {
    description: "who may use an address in ARP and ND: first to use it, or strict: whom DHCP gave it",
    value: "mode",
  }),
  suppression: yesNo().default(false).register(ABOUT, {
    description: "answer ARP and ND for hosts whose addresses are known, instead of asking all",
  }),
  dhcp: DhcpOptions.optional().register(ABOUT, {
    description: "DHCP server of the network",
    given: "file",
    otherwise: "none",
  }),
};

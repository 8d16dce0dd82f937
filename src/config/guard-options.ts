/** Who may give addresses and routes in a network, and who may use which address. */
import { z } from "zod";
import { Filter } from "../frame/filter.js";
import { ABOUT } from "./about.js";
import { DhcpOptions } from "./dhcp-options.js";
import { yesNo } from "./fields.js";

const filter = z.string().superRefine((text, context) => {
  try {
    new Filter(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
});

const MirrorOptions = z.strictObject({
  to: z.string().min(1).max(63).register(ABOUT, { description: "name of the port that gets the copies" }),
  from: z
    .string()
    .min(1)
    .max(63)
    .default("*")
    .register(ABOUT, { description: "ports whose frames are copied, as web-*" }),
  filter: filter
    .optional()
    .register(ABOUT, { description: "which frames, as in a capture", otherwise: "all" }),
});
export type MirrorOptions = z.output<typeof MirrorOptions>;

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
  mirror: MirrorOptions.optional().register(ABOUT, {
    description: "copies of frames for a port with an analyser",
    given: "file",
    otherwise: "none",
  }),
  dhcp: DhcpOptions.optional().register(ABOUT, {
    description: "DHCP server of the network",
    given: "file",
    otherwise: "none",
  }),
};

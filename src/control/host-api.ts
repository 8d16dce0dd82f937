/** Hosts in the control API: addresses with the IP addresses that were seen with them, a few at a time. */
import { z } from "zod";
import { call } from "./call.js";
import { FdbEntry } from "./inspect-api.js";

/** Ports that can be named in one question. */
const MAX_PLACES = 64;
const MAX_HOSTS = 1_000;

export const HostView = FdbEntry.extend({
  /** From ARP and neighbour discovery, the latest first; none where nothing looks out for them. */
  ips: z.array(z.string()),
});
export type HostView = z.output<typeof HostView>;

const place = z.string().regex(/^[^/]{1,63}\/\d{1,9}$/, "network/number of a port");
const few = (most: number) => z.coerce.number().int().min(1).max(most);

export const HostFilter = z.strictObject({
  /** Ports, as `default/3`; all where none is named. */
  at: z.union([place.transform((one) => [one]), z.array(place).max(MAX_PLACES)]).optional(),
  /** Words that each have to stand in MAC, IP address, port, network or "vlan NUMBER". */
  search: z.string().max(100).default(""),
  /** Most of one port, and most in all. */
  perPort: few(MAX_HOSTS).default(MAX_HOSTS),
  limit: few(MAX_HOSTS).default(200),
});
export type HostFilter = z.output<typeof HostFilter>;

export const HOST_CALLS = {
  hosts: call("GET", "/v1/hosts", HostFilter, z.array(HostView)),
} as const;

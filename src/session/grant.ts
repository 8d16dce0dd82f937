import { z } from "zod";
import { parseCidr } from "./cidr.js";
import { type Granted, MAX_TOLD, NAME_PATTERN } from "./messages.js";

/** Addresses that one grant may name: a host with many containers needs dozens, nobody thousands. */
const MAX_ADDRESSES = 256;

const cidr = z
  .string()
  .max(49)
  .superRefine((text, context) => {
    try {
      parseCidr(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  });

/** What a session was allowed. The switch enforces it; an absent field means "no limit beyond the server's own". */
export const Grant = z.strictObject({
  network: z.string().regex(NAME_PATTERN),
  /** Name of the port, unless the client chooses. */
  name: z.string().regex(NAME_PATTERN).optional(),
  /** Access VLAN: untagged towards the client, tagged with this number within the network. */
  vlan: z.number().int().min(1).max(4_094).optional(),
  /** The only source MACs, as "02:00:00:00:00:01"; empty: any. */
  macs: z
    .array(z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/))
    .max(MAX_ADDRESSES)
    .default([]),
  /** The only source addresses of ARP, IPv4 and IPv6, each with or without a prefix length; empty: any. */
  ips: z.array(cidr).max(MAX_ADDRESSES).default([]),
  /** Most MACs at once behind the port. */
  macLimit: z.number().int().min(1).max(65_536).optional(),
  /** Bits per second that may come in from the client. */
  rate: z.number().int().min(8_000).max(1e12).optional(),
  /** Processes of one identity that may be connected to the network at once. */
  sessions: z.number().int().min(1).max(1_000).default(1),
});
export type Grant = z.output<typeof Grant>;

/** A grant, and the name that its port gets. */
export interface Admitted {
  readonly grant: Grant;
  readonly name: string;
}

/** What anyone gets who needs no permission: a peer without TLS. */
export function openGrant(network: string): Grant {
  return { network, macs: [], ips: [], sessions: 1 };
}

/** The part of a grant that its holder is told. `macLimit` is the server's own. */
export function tellGrant(grant: Grant, macLimit: number): Granted {
  const { vlan, macs, ips, rate } = grant;
  return {
    ...(vlan === undefined ? {} : { vlan }),
    macs: macs.slice(0, MAX_TOLD),
    ips: ips.slice(0, MAX_TOLD),
    macLimit: grant.macLimit ?? macLimit,
    ...(rate === undefined ? {} : { rate }),
  };
}

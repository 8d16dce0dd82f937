/** Multicast in the control API: who listens to which group, and who asks. */
import { z } from "zod";
import { NAME_PATTERN } from "../session/messages.js";
import { call } from "./call.js";

const count = z.number().int().nonnegative();
const inNetwork = z.strictObject({ network: z.string().regex(NAME_PATTERN).optional() });

export const GroupView = z.object({
  network: z.string(),
  /** 0: untagged. */
  vlan: count,
  /** IPv4 or IPv6 address. */
  group: z.string(),
  /** Ports with a member, by name; each is forgotten in so many seconds unless it asks again. */
  ports: z.array(z.object({ name: z.string(), expiresInS: count })),
});
export type GroupView = z.output<typeof GroupView>;

export const QuerierView = z.object({
  network: z.string(),
  vlan: count,
  protocol: z.enum(["igmp", "mld"]),
  /** Who asks the hosts: "self", an address, or null where nobody does. */
  querier: z.string().nullable(),
  /** The port behind which that is. */
  querierPort: z.string().nullable(),
  /** Whether frames go only where somebody listens: not while nobody asks, nor until hosts could have answered. */
  restricts: z.boolean(),
  /** Ports that get everything: routers are there, it is new, or it listens to more than is kept. */
  openPorts: z.array(z.string()),
});
export type QuerierView = z.output<typeof QuerierView>;

const GroupsView = z.object({ groups: z.array(GroupView), queriers: z.array(QuerierView) });
export type GroupsView = z.output<typeof GroupsView>;

export const GROUP_CALLS = { groups: call("GET", "/v1/groups", inNetwork, GroupsView) } as const;

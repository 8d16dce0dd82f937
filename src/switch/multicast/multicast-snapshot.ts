/** Who listens to what, as plain data. */
import type { Port } from "../port.js";
import type { Group } from "./group-memberships.js";
import type { Listening } from "./listening.js";

export interface GroupSnapshot {
  readonly vlan: number;
  readonly group: string;
  /** The ports with a member, by name, and in how many seconds each is forgotten unless it asks again. */
  readonly ports: readonly { readonly name: string; readonly expiresInS: number }[];
}

export interface ListeningSnapshot {
  readonly vlan: number;
  readonly protocol: "igmp" | "mld";
  /** "self", the address of another one, or null where nobody asks. */
  readonly querier: string | null;
  /** The port behind which that is. */
  readonly querierPort: string | null;
  /** Frames go only to members. */
  readonly restricts: boolean;
  /** Ports that get everything, by name. */
  readonly openPorts: readonly string[];
}

export interface MulticastSnapshot {
  readonly groups: readonly GroupSnapshot[];
  readonly listenings: readonly ListeningSnapshot[];
}

export function snapshotOf(
  groups: readonly Group<Port>[],
  listenings: Iterable<Listening>,
  now: number,
): MulticastSnapshot {
  return {
    groups: groups.map(({ vlan, address, members }) => ({
      vlan,
      group: String(address),
      ports: [...members].map(([{ name }, { until }]) => ({
        name,
        expiresInS: Math.ceil((until - now) / 1_000),
      })),
    })),
    listenings: [...listenings].map(describe),
  };
}

function describe({ vlan, isIpv6, querier, restricts, open }: Listening): ListeningSnapshot {
  const { other } = querier;
  return {
    vlan,
    protocol: isIpv6 ? "mld" : "igmp",
    querier: querier.isOwn ? "self" : (other?.address ?? null),
    querierPort: other?.port.name ?? null,
    restricts,
    openPorts: open.ports.map(({ name }) => name),
  };
}

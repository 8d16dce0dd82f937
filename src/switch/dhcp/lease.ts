import type { Mac } from "../../frame/mac.js";

/** Given to a client, said to be another's by a client or by a probe, or given back. */
export type LeaseState = "offered" | "leased" | "conflict" | "free";

/** What is known of one address. What was given once is remembered, so that its client gets it again. */
export interface Lease {
  /** IPv4, as an unsigned number. */
  readonly address: number;
  readonly state: LeaseState;
  /** What the client calls itself: its client identifier [RFC 2132 9.14] or its MAC, in hexadecimal. */
  readonly client: string;
  readonly mac: Mac;
  /** Name of the port behind which the client was; a member's is its own. */
  readonly portName: string;
  /** What the client says that it is called; empty if it says nothing. */
  readonly hostName: string;
  /** Until when it holds, in milliseconds since 1970: leases outlive the process. */
  readonly expiresAt: number;
}

/** An IPv4 network and what its DHCP server gives. Addresses are unsigned numbers. */
export interface DhcpSettings {
  readonly subnet: number;
  readonly prefixLength: number;
  /** The server's own address. */
  readonly server: number;
  /** First and last address that is given to anyone. */
  readonly first: number;
  readonly last: number;
  readonly leaseSeconds: number;
  readonly routers: readonly number[];
  readonly dns: readonly number[];
  readonly domain: string | null;
  /** Bytes; 0: say nothing of it. */
  readonly mtu: number;
  /** VLAN that it serves; 0: untagged frames. */
  readonly vlan: number;
  /** Addresses kept for a client, by MAC ("02:00:00:00:00:01") or by name of the port. */
  readonly reserved: ReadonlyMap<string, number>;
}

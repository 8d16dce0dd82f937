/** What protocols tell of. */
export const PROTOCOL_EVENTS = [
  /** A port was held back, or goes on. */
  "port-state",
  /** Another one asks who listens to multicast, or none does any more. */
  "multicast-querier",
  /** A port is in more groups than are kept. */
  "multicast-limit",
  /** The built-in DHCP server gave an address, or found one in use. */
  "dhcp-lease",
  "dhcp-conflict",
  /** Frames go round in a circle, or do so no longer. */
  "loop",
  /** A port sends more to everybody than it may, or does so no longer. */
  "storm",
  /** The root of the spanning tree, a port's role in it, or a port that must not be part of it. */
  "spanning-tree",
] as const;
export type ProtocolEventType = (typeof PROTOCOL_EVENTS)[number];

/** What protocols tell of. */
export const PROTOCOL_EVENTS = [
  /** A port was held back, or goes on. */
  "port-state",
] as const;
export type ProtocolEventType = (typeof PROTOCOL_EVENTS)[number];

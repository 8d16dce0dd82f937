import type { PeerIdentity } from "../../session/peer-identity.js";

/** How a connection came in. */
export interface Arrival {
  /** What the peer has proven; null where the carrier proves nothing. */
  readonly identity: PeerIdentity | null;
  /** To be called when the peer has been let into a network. */
  admitted(): void;
}

/** An arrival over a carrier that asks nobody who they are. */
export const ANYONE: Arrival = { identity: null, admitted: () => undefined };

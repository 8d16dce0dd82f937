/**
 * Why a frame went no further. Dropping is an outcome with a name, never an exception: the same words label the
 * counter, the metric and the comment in a capture.
 */
export const DROP_REASONS = [
  /** Not a frame: too short, a source that is a group or all zeros, an offload header that does not fit its frame. */
  "malformed",
  /** Longer than the receiving port can take. */
  "oversize",
  /** The port is no member of the frame's VLAN. */
  "vlan",
  /** A reserved address that bridges do not forward, or a port that a protocol has blocked. */
  "blocked",
  /** Sender and receiver are protected from each other, or lie on one side of a split horizon. */
  "isolated",
  /** The sender is not allowed to use that address. */
  "security",
  /** Above the port's bound for broadcast, multicast or unknown unicast. */
  "storm",
  /** Above the port's rate. */
  "rate",
  /** The receiver's queue, or its network device's, was full. */
  "queue",
  /** An access rule refused it. */
  "acl",
  /** It came back through a loop. */
  "loop",
  /** The receiver's network device was down or refused the frame. */
  "device",
  /** The port's impairment lost it, as it was told to. */
  "loss",
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

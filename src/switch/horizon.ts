/**
 * Groups of ports whose members never get frames from each other, as bits of a set. Protected ports reach only what is
 * shared, not one another. Behind each uplink the same far network may lie; a frame that went up by one of them must
 * not come back by the other (split horizon).
 */
export const Horizon = { isolated: 1, uplink: 2, fabric: 4 } as const;

/** Seconds for which a neighbour's version is believed, and after which a silent port is one to an end station [802.1D-2004 17.13.9]. */
export const MIGRATE_TIME = 3;

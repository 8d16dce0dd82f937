/** What is known beforehand of the hosts and routers behind a port. */
export interface MulticastPortRules {
  /** Believes a leave at once: right where a port has one host behind it. Default: asks whether another is left. */
  readonly fastLeave?: boolean;
  /** Whether a router of multicast may be behind the port; "always" sends it everything. Default: "auto". */
  readonly router?: "auto" | "always" | "never";
}

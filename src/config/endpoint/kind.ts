/**
 * What is known of a kind of endpoint before any is opened. A kind is one file in this folder and one line in
 * `kinds.ts`; what opens it is one line in `daemon/wires/openers.ts`.
 */
import type { PortOptions } from "../port-options.js";
import type { EndpointUrl } from "./endpoint-url.js";
import type { Role } from "./role.js";

/** What endpoints of all kinds have. */
export interface AnyEndpoint {
  readonly kind: string;
  /** Undefined: the network that its role has by default. */
  readonly network: string | undefined;
  /** Settings of the port, or of each port, that comes of it. */
  readonly portOptions: PortOptions;
}

/** What is read the same way for all kinds. */
export type Common = Pick<AnyEndpoint, "network" | "portOptions">;

export interface EndpointKind<Endpoint extends AnyEndpoint, Roles extends Role = Role> {
  readonly roles: readonly Roles[];
  /** Query options of its own, and the roles in which each means something. */
  readonly options: Readonly<Record<string, readonly Roles[]>>;
  /** Ways to write one, for errors and help. */
  readonly example: string;
  /** Nobody on the way can read it, and each end knows the other. */
  readonly isEncrypted?: boolean;
  /**
   * Why it is for the configuration alone, and not for who may use the control socket: it would lend them rights of this
   * process.
   */
  readonly onlyConfigured?: string;
  /** A network has room for one of them. */
  readonly isOnePerNetwork?: boolean;
  /** Its path names the network, as in "tcp://host:9621/blue". */
  readonly hasNetworkPath?: boolean;
  /** Reads what is its own. Throws `bad-endpoint` by `url.wrong`. */
  parse(url: EndpointUrl, common: Common): Endpoint;
  /** The shortest text that names it; without options and network. */
  format(endpoint: Endpoint): string;
  /** Its own options, as text that `parse` reads; undefined for those that were not given. */
  write(endpoint: Endpoint): Readonly<Record<string, string | undefined>>;
}

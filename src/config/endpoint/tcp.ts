/** `tcp://host:9621/network`: a stream that asks nobody who they are. */
import { formatHost, type HostEndpoint, parseHost, yesOrNo } from "./host.js";
import type { EndpointKind } from "./kind.js";

export interface TcpEndpoint extends HostEndpoint {
  readonly kind: "tcp";
}

export const TCP: EndpointKind<TcpEndpoint> = {
  roles: ["server", "listen", "attach"],
  options: { raw: ["listen"], fd: ["listen"] },
  example: "tcp://127.0.0.1:9621/default",
  hasNetworkPath: true,
  parse: (url, common) => ({ kind: "tcp", ...common, ...parseHost(url) }),
  format: (endpoint) => `tcp://${formatHost(endpoint)}`,
  write: ({ raw, fd }) => ({ raw: yesOrNo(raw), fd }),
};

/** `udp://host:port?local=host:port`: one frame in each datagram to and from one peer, as QEMU's `-netdev dgram` has it. */
import { isIP } from "node:net";
import type { EndpointUrl } from "./endpoint-url.js";
import { formatHost } from "./host.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

interface Place {
  /** Of the peer a name or an address, of ours an address. */
  readonly host: string;
  readonly port: number;
}

export interface UdpEndpoint extends AnyEndpoint, Place {
  readonly kind: "udp";
  /** Where we are bound ourselves. */
  readonly local: Place;
}

export const UDP: EndpointKind<UdpEndpoint, "attach"> = {
  roles: ["attach"],
  options: { local: ["attach"] },
  example: "udp://127.0.0.1:7001?local=127.0.0.1:7002",
  parse: (url, common) => {
    const { host, port, path } = url;
    if (host === "") throw url.wrong("no host");
    if (port === null || port === 0) throw url.wrong("no port");
    if (path !== "" && path !== "/") throw url.wrong("a path means nothing here: the network is an option");
    return { kind: "udp", ...common, host, port, local: localPlace(url) };
  },
  format: (endpoint) => `udp://${formatHost(endpoint)}`,
  write: ({ local }) => ({ local: formatHost(local) }),
};

function localPlace(url: EndpointUrl): Place {
  const text = url.filled("local");
  if (text === undefined) throw url.wrong("local says where its datagrams come to us: an address and a port");
  const [, v6, v4, digits] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = v6 ?? v4 ?? "";
  const port = Number(digits);
  if (isIP(host) === 0 || port < 1 || port > 65_535)
    throw url.wrong(`local '${text}' is no IP address with a port, as 127.0.0.1:7002 or [::1]:7002`);
  return { host, port };
}

/**
 * `unixgram:///run/vms.sock`: a path that takes one frame in each datagram. Listening, every peer that is bound to a path of
 * its own gets a port (vfkit, krunkit, QEMU); attached, there is one peer, and `local` is where it sends to us.
 */
import { type EndpointUrl, pathInUrl } from "./endpoint-url.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";
import { MAX_PATH_BYTES, octal, socketPath, socketRights } from "./unix.js";

export interface UnixgramEndpoint extends AnyEndpoint {
  readonly kind: "unixgram";
  readonly path: string;
  /** Where we are bound ourselves; of attached ones alone, which must have it. */
  readonly local: string | undefined;
  /** Permission bits of the path that we bind, and the group that owns it. */
  readonly mode: number | undefined;
  readonly group: string | undefined;
}

const BOTH = ["listen", "attach"] as const;

export const UNIXGRAM: EndpointKind<UnixgramEndpoint, "listen" | "attach"> = {
  roles: BOTH,
  options: { local: ["attach"], mode: BOTH, group: BOTH },
  example: "unixgram:///run/vm.sock?local=/run/tapswitch-vm.sock",
  parse: (url, common) => ({
    kind: "unixgram",
    ...common,
    path: socketPath(url),
    local: url.role === "attach" ? localPath(url) : undefined,
    ...socketRights(url),
  }),
  format: ({ path }) => `unixgram://${pathInUrl(path)}`,
  write: ({ local, mode, group }) => ({ local, mode: octal(mode), group }),
};

function localPath(url: EndpointUrl): string {
  const path = url.filled("local");
  if (path === undefined) throw url.wrong("local says where its datagrams come to us: a path of our own");
  if (!path.startsWith("/") || path.includes("\0") || Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw url.wrong(`local '${path}' is no path of at most ${MAX_PATH_BYTES} bytes that starts with a slash`);
  return path;
}

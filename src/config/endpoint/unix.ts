/** `unix:///run/vms.sock`: a stream socket with a path, whose permissions say who may use it. */
import { type EndpointUrl, pathInUrl } from "./endpoint-url.js";
import { socketName, yesOrNo } from "./host.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface UnixEndpoint extends AnyEndpoint {
  readonly kind: "unix";
  readonly path: string;
  readonly raw: boolean | undefined;
  /** Permission bits of the socket's path, and the group that owns it. */
  readonly mode: number | undefined;
  readonly group: string | undefined;
  /** Name of the inherited socket to listen on. */
  readonly fd?: string | undefined;
}

/** What sockaddr_un holds beside the closing zero [unix(7)]. */
export const MAX_PATH_BYTES = 107;

export const UNIX: EndpointKind<UnixEndpoint> = {
  roles: ["server", "listen", "attach"],
  options: { raw: ["listen"], fd: ["listen"], mode: ["listen"], group: ["listen"] },
  example: "unix:///run/tapswitch.sock?mode=0660&group=kvm",
  parse: (url, common) => ({
    kind: "unix",
    ...common,
    path: socketPath(url),
    raw: url.yesNo("raw"),
    ...socketName(url),
    ...socketRights(url),
  }),
  format: ({ path }) => `unix://${pathInUrl(path)}`,
  write: ({ mode, group, raw, fd }) => ({ group, mode: octal(mode), raw: yesOrNo(raw), fd }),
};

/** The path of a Unix socket. Throws `bad-endpoint`. */
export function socketPath(url: EndpointUrl): string {
  const path = url.filePath("a Unix socket's path");
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw url.wrong(`a Unix socket's path has at most ${MAX_PATH_BYTES} bytes`);
  return path;
}

/** Who may use the path of a socket. Throws `bad-endpoint`. */
export function socketRights(url: EndpointUrl): Pick<UnixEndpoint, "mode" | "group"> {
  const mode = url.option("mode");
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode))
    throw url.wrong(`mode '${mode}' is not three octal digits`);
  return { mode: mode === undefined ? undefined : Number.parseInt(mode, 8), group: url.option("group") };
}

/** Permission bits as `mode` takes them. */
export function octal(mode: number | undefined): string | undefined {
  return mode?.toString(8).padStart(4, "0");
}

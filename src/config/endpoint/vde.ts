/** `vde:///run/vde.ctl`: a port of a running VDE switch, or, listening, in place of one. */
import { pathInUrl } from "./endpoint-url.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";
import { MAX_PATH_BYTES, octal, socketRights } from "./unix.js";

export interface VdeEndpoint extends AnyEndpoint {
  readonly kind: "vde";
  /** The folder with the control socket. */
  readonly folder: string;
  /** Number of the port to ask the switch for; 0: any. */
  readonly port: number;
  /** Permission bits of the sockets in it, and the group that owns them. */
  readonly mode: number | undefined;
  readonly group: string | undefined;
}

/** What a folder's longest socket adds to its path: "/.tapswitch-4194304-9999". */
const LONGEST_SOCKET = 24;
/** The field of the request that says it has 24 bits; the original switch counts to 255. */
const MAX_NUMBER = 255;

export const VDE: EndpointKind<VdeEndpoint, "listen" | "attach"> = {
  roles: ["listen", "attach"],
  options: { port: ["attach"], mode: ["listen"], group: ["listen"] },
  example: "vde:///run/vde.ctl",
  parse: (url, common) => {
    const folder = url.filePath("the folder of a VDE switch").replace(/\/+$/, "");
    if (folder === "") throw url.wrong("no path");
    if (Buffer.byteLength(folder) + LONGEST_SOCKET > MAX_PATH_BYTES)
      throw url.wrong(`the folder's path has at most ${MAX_PATH_BYTES - LONGEST_SOCKET} bytes`);
    const port = url.option("port") ?? "0";
    if (!/^\d{1,3}$/.test(port) || Number(port) > MAX_NUMBER)
      throw url.wrong(`port '${port}' is not a whole number up to ${MAX_NUMBER}`);
    return { kind: "vde", ...common, folder, port: Number(port), ...socketRights(url) };
  },
  format: ({ folder }) => `vde://${pathInUrl(folder)}`,
  write: ({ port, mode, group }) => ({
    port: port === 0 ? undefined : String(port),
    mode: octal(mode),
    group,
  }),
};

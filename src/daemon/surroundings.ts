/** What a configuration needs from the machine, looked at without starting anything: files, folders, groups, users. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Conflict } from "../config/config-kind.js";
import type { Endpoint } from "../config/endpoint/endpoint.js";
import type { TlsEndpoint } from "../config/endpoint/tls.js";
import type { JoinConfig } from "../config/join-config.js";
import type { ServeConfig } from "../config/serve-config.js";
import { errnoOf, TapswitchError } from "../errors.js";
import { groupId } from "../link/unix-path.js";
import { createIdentity } from "../session/identity.js";
import { findUser } from "./device/privileges.js";
import { tlsContext } from "./tls-context.js";
import { readListenerSecrets } from "./wires/websocket-listener.js";

type ServeNeeds = Partial<Pick<ServeConfig, "listen" | "group" | "control" | "http">>;
type JoinNeeds = Partial<Pick<JoinConfig, "server" | "user" | "control">>;

/** What `serve` would not find. Options that are absent are not looked at. */
export function serveSurroundings({ listen = [], group, control, http }: ServeNeeds): Conflict[] {
  return [
    ...listen.flatMap((endpoint, index) => wrong(["listen", index], () => checkEndpoint(endpoint))),
    ...wrong(["group"], () => group !== undefined && groupId(group)),
    ...wrong(["control"], () => control !== undefined && checkFolder(control)),
    ...[http?.token, http?.cert, http?.key].flatMap((file) =>
      wrong(["http"], () => file !== undefined && checkReadable(file)),
    ),
  ];
}

/** What `join` would not find. */
export function joinSurroundings({ server, user, control }: JoinNeeds): Conflict[] {
  return [
    ...wrong(["server"], () => server?.kind === "tls" && checkTls(server)),
    ...wrong(["user"], () => user !== undefined && findUser(user)),
    ...wrong(["control"], () => control !== undefined && checkFolder(control)),
  ];
}

function wrong(path: readonly PropertyKey[], check: () => unknown): Conflict[] {
  try {
    check();
    return [];
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
}

function checkEndpoint(endpoint: Endpoint): void {
  if (endpoint.kind === "tls") checkTls(endpoint);
  if (endpoint.kind === "unix" || endpoint.kind === "unixgram") checkFolder(endpoint.path);
  if (endpoint.kind === "ws" || endpoint.kind === "wss") readListenerSecrets(endpoint);
  if (endpoint.kind === "vde") checkFolder(endpoint.folder);
  if ("group" in endpoint && endpoint.group !== undefined) groupId(endpoint.group);
}

function checkTls(endpoint: TlsEndpoint): void {
  const { ca, crl, cert, key } = endpoint;
  // Any identity does for looking at the files.
  if ([ca, crl, cert, key].some((file) => file !== undefined)) tlsContext(endpoint, createIdentity());
}

function checkFolder(path: string): void {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new TapswitchError("usage", `the folder '${folder}' does not exist: make it, or choose another`);
}

function checkReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    throw new TapswitchError("usage", `cannot read '${file}' (${errnoOf(cause)})`, { cause });
  }
}

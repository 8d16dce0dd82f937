/**
 * Who may open a WebSocket. Browsers let every web site open one to everywhere, and only say from which it comes: so
 * a page must be of the host that it connects to, or of one that is named. What is no browser says nothing, and is
 * let in as far as its token goes. A browser cannot set headers, so a token may be in the path or the query as well.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../config/endpoint/host.js";
import { carries, isSame, nameOf, type Refusal } from "./web-guard.js";

export interface WebSocketGuard {
  /** Only this machine can reach it. */
  readonly local: boolean;
  /** Null where none is asked for. */
  readonly token: string | null;
  /** Origins whose pages may connect; "*" for all. Undefined: any of the host that is asked for, on whatever port. */
  readonly origins: readonly string[] | undefined;
}

export interface Asking {
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Why the request is refused, or null. */
export function webSocketRefusal({ url = "/", headers }: Asking, guard: WebSocketGuard): Refusal | null {
  const { host, origin } = headers;
  if (host === undefined) return { status: 400, message: "the request names no host" };
  // A name that was made to point here (DNS rebinding) would be the page's own host. Whose page shows the token may have
  // any name, as behind a web server that passes requests on.
  if (guard.local && guard.token === null && !isLoopback(nameOf(host)))
    return { status: 403, message: "this is served on loopback: ask for 127.0.0.1 or localhost" };
  if (origin !== undefined && !isAllowed(origin, nameOf(host), guard))
    return { status: 403, message: `pages of ${origin.slice(0, 100)} may not connect: see ?origin=` };
  if (guard.token !== null && !showsToken(url, headers, guard.token))
    return { status: 401, message: "a token is needed: in the path, as ?token=, or as a bearer token" };
  return null;
}

function isAllowed(origin: string, host: string, { local, origins }: WebSocketGuard): boolean {
  if (origins !== undefined) return origins.includes("*") || origins.includes(origin);
  const from = hostOf(origin);
  return from === host || (local && from !== null && isLoopback(from));
}

/** Of "https://lab.example:8443" the name; null for what has none. */
function hostOf(origin: string): string | null {
  const found = /^https?:\/\/([^/?#@]+)$/.exec(origin);
  return found === null ? null : nameOf(found[1]!);
}

function showsToken(url: string, headers: IncomingHttpHeaders, token: string): boolean {
  const [path = "", query = ""] = url.split("?", 2);
  const inPath = decoded(path.slice(path.lastIndexOf("/") + 1));
  const inQuery = new URLSearchParams(query).get("token") ?? "";
  // Each is asked, so that the time says nothing about which was right.
  const shown = [isSame(inPath, token), isSame(inQuery, token), carries(headers.authorization ?? "", token)];
  return shown.includes(true);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/**
 * Who may ask over HTTP. On loopback other web sites are the danger: a browser carries their requests to 127.0.0.1,
 * and a name that is made to point there (DNS rebinding) would make them same-origin. So the Host must be a name of
 * loopback, and what a browser says about where a request comes from must be this page. A token, where there is one, is
 * asked for by everything.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../config/endpoint/host.js";

export interface Guard {
  /** Only this machine can reach it. */
  readonly local: boolean;
  readonly encrypted: boolean;
  /** Null where none is asked for. */
  readonly token: string | null;
}

export interface Refusal {
  readonly status: 400 | 401 | 403;
  readonly message: string;
}

/** Why the request is refused, or null. */
export function refusalOf(headers: IncomingHttpHeaders, guard: Guard): Refusal | null {
  const { host } = headers;
  if (host === undefined) return { status: 400, message: "the request names no host" };
  if (guard.local && !isLoopback(nameOf(host)))
    return { status: 403, message: "this is served on loopback: ask for 127.0.0.1 or localhost" };
  if (isForeign(headers, `${guard.encrypted ? "https" : "http"}://${host}`))
    return { status: 403, message: "another web site may not ask" };
  if (guard.token !== null && !carries(headers.authorization ?? "", guard.token))
    return { status: 401, message: "a token is needed: as a bearer token, or as the password of any user" };
  return null;
}

/** "[::1]:9680" and "localhost:9680" without port and brackets. */
export function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
}

/** Following a link or typing an address is no danger: the page that opens cannot be read by who sent it there. */
function isForeign(headers: IncomingHttpHeaders, own: string): boolean {
  const { origin, "sec-fetch-site": site, "sec-fetch-mode": mode } = headers;
  if (origin !== undefined && origin !== own) return true;
  return site !== undefined && site !== "same-origin" && site !== "none" && mode !== "navigate";
}

/** Whether the header field has the token, as a bearer token or as a password. */
export function carries(authorization: string, token: string): boolean {
  const [scheme = "", value = ""] = authorization.split(" ");
  if (scheme.toLowerCase() === "bearer") return isSame(value, token);
  if (scheme.toLowerCase() !== "basic") return false;
  const pair = Buffer.from(value, "base64").toString("utf8");
  return isSame(pair.slice(pair.indexOf(":") + 1), token);
}

/** In a time that says nothing about how much is right. */
export function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one!, other!);
}

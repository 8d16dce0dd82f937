/** Where the web page and the metrics are served: `--http 127.0.0.1:9680`. */
import { TapswitchError } from "../errors.js";
import { isLoopback } from "./endpoint/host.js";

const DEFAULT_PORT = 9680;

export interface HttpEndpoint {
  readonly host: string;
  readonly port: number;
  /** Always so beyond loopback, where a token is needed too. */
  readonly encrypted: boolean;
  /** Files: the token that is asked for, and a certificate and key in place of the server's own. */
  readonly token: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Who may look may also send frames, by WebSocket. */
  readonly webSockets: boolean;
}

const OPTIONS = ["token", "cert", "key", "ws"] as const;

/** Reads `[http://|https://]host[:port][?token=FILE][&cert=FILE&key=FILE][&ws=yes]`. Throws `usage`. */
export function parseHttpEndpoint(text: string): HttpEndpoint {
  const [, scheme = "", rest] = /^(https?:\/\/)?([^/?#@]+)\/?(?:\?[^#]*)?$/.exec(text) ?? [];
  if (rest === undefined) throw bad(text, "that is no address");
  const { host, port, searchParams } = readUrl(text, scheme);
  for (const name of searchParams.keys())
    if (!(OPTIONS as readonly string[]).includes(name)) throw bad(text, `unknown option '${name}'`);
  const [token, cert, key, ws = "no"] = OPTIONS.map((name) => searchParams.get(name) || undefined);
  if ((cert === undefined) !== (key === undefined)) throw bad(text, "cert and key go together");
  if (ws !== "yes" && ws !== "no") throw bad(text, `ws is '${ws}', not yes or no`);
  const encrypted = scheme === "https://" || cert !== undefined || !isLoopback(host);
  if (encrypted && scheme === "http://") throw bad(text, "cert, key and all beyond loopback are for https");
  if (!isLoopback(host) && token === undefined)
    throw bad(text, "beyond loopback a token is needed; make one with 'openssl rand -hex 24 >FILE'");
  return { host, port, encrypted, token, cert, key, webSockets: ws === "yes" };
}

/** What one types into a browser, with the port that the kernel chose. */
export function formatHttpEndpoint({ host, encrypted }: HttpEndpoint, port: number): string {
  return `${encrypted ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}

function readUrl(
  text: string,
  scheme: string,
): { host: string; port: number; searchParams: URLSearchParams } {
  try {
    // A scheme of no meaning: that of http would swallow its own port 80.
    const { hostname, port, searchParams } = new URL(`tapswitch://${text.slice(scheme.length)}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    return { host, port: port === "" ? DEFAULT_PORT : Number(port), searchParams };
  } catch {
    throw bad(text, "its host or port cannot be read");
  }
}

function bad(text: string, why: string): TapswitchError {
  return new TapswitchError(
    "usage",
    `'${text}': ${why}; write 127.0.0.1:9680, or 0.0.0.0:9680?token=FILE with cert=FILE&key=FILE or without`,
  );
}

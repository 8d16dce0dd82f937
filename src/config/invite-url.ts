/**
 * `tapswitch://host:9621/network?pin=...&code=...`: all that a new host needs, in one line. It holds a secret, so
 * nothing here repeats the text that it was given.
 */
import { isIPv6 } from "node:net";
import { TapswitchError } from "../errors.js";
import { FINGERPRINT_PATTERN, type Fingerprint } from "../session/fingerprint.js";
import { CODE_PATTERN } from "../session/invite-code.js";
import { NAME_PATTERN } from "../session/messages.js";
import { parseEndpoint, type StreamEndpoint } from "./endpoint/endpoint.js";
import { DEFAULT_PORT } from "./endpoint/host.js";

export interface InviteUrl {
  readonly host: string;
  readonly port: number;
  readonly network: string;
  /** The server's key. */
  readonly pin: Fingerprint;
  readonly code: string;
}

const SCHEME = "tapswitch:";
/** Far above any real one: 253 of host, 63 of network, pin and code. */
const MAX_LENGTH = 1_024;
/** Host, port, network, options. */
const SHAPE = /^[a-z]+:\/\/(\[[^\]]*\]|[^:/?]*)(?::([^/?]*))?\/([^/?]*)\?(.*)$/is;
/** A host name or an IPv4 address. */
const HOST_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

export function isInviteUrl(text: string): boolean {
  return text.toLowerCase().startsWith(SCHEME);
}

export function formatInviteUrl({ host, port, network, pin, code }: InviteUrl): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return `${SCHEME}//${shown}:${port}/${network}?pin=${pin}&code=${code}`;
}

/** Reads what `formatInviteUrl` wrote, and nothing that only looks like it. Throws `bad-invite`, without a word of the text. */
export function parseInviteUrl(text: string): InviteUrl {
  if (text.length > MAX_LENGTH) throw bad("it is too long");
  if (!isInviteUrl(text)) throw bad("it does not begin with tapswitch://");
  const [, place, port, network, options] = SHAPE.exec(text) ?? [];
  if (options === undefined) throw bad("a part of it is missing");
  const [code, pin, ...others] = options.split("&").sort();
  if (!code?.startsWith("code=") || !pin?.startsWith("pin=") || others.length > 0)
    throw bad("it must have one pin and one code, and nothing else");
  const invite = {
    host: readHost(place!),
    port: readPort(port),
    network: network!,
    pin: pin.slice("pin=".length),
    code: code.slice("code=".length),
  };
  if (!NAME_PATTERN.test(invite.network)) throw bad("the network's name is wrong");
  if (!FINGERPRINT_PATTERN.test(invite.pin)) throw bad("the pin is wrong");
  if (!CODE_PATTERN.test(invite.code)) throw bad("the code is wrong");
  return invite;
}

/** Where to join: an endpoint, or that of an invite, without its code. Throws `bad-endpoint`, `bad-invite`. */
export function parseServerUrl(text: string): StreamEndpoint {
  if (!isInviteUrl(text)) return parseEndpoint(text);
  const { host, port, network, pin } = parseInviteUrl(text);
  const none = {
    portOptions: {},
    raw: undefined,
    ca: undefined,
    crl: undefined,
    cert: undefined,
    key: undefined,
  };
  return { kind: "tls", host, port, network, pin, ...none };
}

function readHost(place: string): string {
  const v6 = place.startsWith("[");
  const host = v6 ? place.slice(1, -1) : place;
  const valid = v6 ? isIPv6(host) && !host.includes("%") : HOST_PATTERN.test(host);
  if (!valid) throw bad("the address is wrong");
  return host;
}

function readPort(port = String(DEFAULT_PORT)): number {
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) throw bad("the port is wrong");
  return Number(port);
}

function bad(why: string): TapswitchError {
  return new TapswitchError(
    "bad-invite",
    `this invite cannot be read: ${why}; copy the whole line that 'tapswitch invite' printed`,
  );
}

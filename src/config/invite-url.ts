/**
 * `tapswitch://host:9621/network?pin=...&code=...`: all that a new host needs, in one line. It holds a secret, so
 * nothing here repeats the text that it was given.
 */
import { TapswitchError } from "../errors.js";
import { FINGERPRINT_PATTERN, type Fingerprint } from "../session/fingerprint.js";
import { CODE_PATTERN } from "../session/invite-code.js";
import { NAME_PATTERN } from "../session/messages.js";
import { DEFAULT_PORT } from "./endpoint.js";

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
/** A host name, an IPv4 or an IPv6 address. */
const HOST_PATTERN = /^[A-Za-z0-9:][A-Za-z0-9:._-]{0,252}$/;

export function isInviteUrl(text: string): boolean {
  return text.toLowerCase().startsWith(SCHEME);
}

export function formatInviteUrl({ host, port, network, pin, code }: InviteUrl): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return `${SCHEME}//${shown}:${port}/${network}?pin=${pin}&code=${code}`;
}

/** Reads what `formatInviteUrl` wrote. Throws `bad-invite`, without a word of the text. */
export function parseInviteUrl(text: string): InviteUrl {
  const url = readUrl(text);
  const options = [...url.searchParams.keys()].sort().join();
  if (options !== "code,pin") throw bad("it must have one pin and one code, and nothing else");
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    throw bad("it has a user, password or fragment");
  const invite = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    network: url.pathname.slice(1),
    pin: url.searchParams.get("pin")!,
    code: url.searchParams.get("code")!,
  };
  if (!HOST_PATTERN.test(invite.host) || invite.port === 0) throw bad("the address is wrong");
  if (!NAME_PATTERN.test(invite.network)) throw bad("the network's name is wrong");
  if (!FINGERPRINT_PATTERN.test(invite.pin)) throw bad("the pin is wrong");
  if (!CODE_PATTERN.test(invite.code)) throw bad("the code is wrong");
  return invite;
}

function readUrl(text: string): URL {
  if (text.length > MAX_LENGTH) throw bad("it is too long");
  if (!isInviteUrl(text)) throw bad("it does not begin with tapswitch://");
  try {
    return new URL(text);
  } catch {
    throw bad("the address is wrong");
  }
}

function bad(why: string): TapswitchError {
  return new TapswitchError(
    "bad-invite",
    `this invite cannot be read: ${why}; copy the whole line that 'tapswitch invite' printed`,
  );
}

/** Where `join` is told to go: an argument, standard input or the environment; and, in an invite, the code with it. */
import { text } from "node:stream/consumers";
import { formatEndpoint } from "../config/endpoint.js";
import { isInviteUrl, parseInviteUrl } from "../config/invite-url.js";
import type { JoinSecrets } from "../daemon/joiner.js";
import { TapswitchError } from "../errors.js";

export interface ServerUrl {
  /** Without any secret. */
  readonly server: string;
  readonly code: JoinSecrets;
}

/** Reads the URL from wherever it is. Throws `usage`, `bad-invite`. */
export async function readServer(argument: string | undefined): Promise<ServerUrl> {
  const given =
    argument === "-" ? await text(process.stdin) : (argument ?? process.env["TAPSWITCH_URL"] ?? "");
  const url = given.trim();
  // Hooks inherit the environment, and need no code.
  delete process.env["TAPSWITCH_URL"];
  if (url === "")
    throw new TapswitchError(
      "usage",
      "no URL: give it as an argument, on standard input with '-', or in TAPSWITCH_URL",
    );
  if (!isInviteUrl(url)) return { server: url, code: {} };
  // An argument is shown by ps to everyone on this machine: hide it as soon as it is read.
  if (argument === given) process.title = "tapswitch join";
  const { host, port, network, pin, code } = parseInviteUrl(url);
  const none = { raw: undefined, ca: undefined, crl: undefined, cert: undefined, key: undefined };
  return {
    server: `${formatEndpoint({ kind: "tls", host, port, network, pin, ...none })}?pin=${pin}`,
    code: { code },
  };
}

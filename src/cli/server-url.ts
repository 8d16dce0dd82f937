/** Where `join` is told to go, when not by its file: an argument, standard input or the environment. */
import { text } from "node:stream/consumers";
import { isInviteUrl, parseInviteUrl } from "../config/invite-url.js";
import type { JoinOptions } from "../daemon/joiner.js";

/** The argument, or what it stands for; undefined where neither says anything. */
export async function readServer(argument: string | undefined): Promise<string | undefined> {
  const given = argument === "-" ? await text(process.stdin) : argument;
  return given?.trim() || undefined;
}

/** Keeps an invite's code from others, once it is read: hooks inherit the environment, and `ps` shows arguments. */
export function hideServer(): void {
  delete process.env["TAPSWITCH_URL"];
  if (process.argv.some(isInviteUrl)) process.title = "tapswitch join";
}

/** What an invite holds besides the way to the server. */
export function secretsOf(server: unknown): Pick<JoinOptions, "code"> {
  return typeof server === "string" && isInviteUrl(server) ? { code: parseInviteUrl(server).code } : {};
}

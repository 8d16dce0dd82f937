/** What a server that knows its members keeps open: the locked state folder, its identity, its book of members. */
import { networkInterfaces } from "node:os";
import type { ServeConfig } from "../config/serve-config.js";
import type { AccessBook } from "../session/access-book.js";
import type { Identity } from "../session/identity.js";
import { openAccessBook } from "../state/access-file.js";
import { loadIdentity } from "../state/identity-file.js";
import { lockStateFolder, openStateFolder } from "../state/state-folder.js";

export interface Access {
  readonly folder: string;
  readonly identity: Identity;
  readonly book: AccessBook;
  /** Unlocks the folder. */
  close(): void;
}

/** Opens the folder for this process alone. Throws `bad-state`, `in-use`. */
export function openAccess(state?: string): Access {
  const folder = openStateFolder(state);
  const lock = lockStateFolder(folder);
  try {
    const identity = loadIdentity(folder);
    const book = openAccessBook(folder);
    return { folder, identity, book, close: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A server without TLS listener asks nobody who they are, and needs no state unless it is given a place for it. */
export function needsAccess(config: ServeConfig): boolean {
  return config.state !== undefined || config.listen.some(({ kind }) => kind === "tls");
}

/** "host:port" that reaches a listener: its own host, or where that is every address, this machine's first. */
export function reachableAt(host: string, port: number): string {
  const everywhere = host === "::" || host === "0.0.0.0";
  const found = everywhere ? firstAddress() : host;
  return found.includes(":") ? `[${found}]:${port}` : `${found}:${port}`;
}

function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  const best = outside.find(({ family }) => family === "IPv4") ?? outside[0];
  return best?.address ?? "127.0.0.1";
}

/**
 * The keys of servers that this machine has been told to trust, one file each, so that two joins at once do not
 * overwrite each other. There is no trust on first use: a key comes from an invite or from `?pin=`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TapswitchError } from "../errors.js";
import { FINGERPRINT_PATTERN, type Fingerprint } from "../session/fingerprint.js";
import { readPrivate, writeAtomic } from "./atomic-file.js";

const FOLDER = "servers";

export class KnownServers {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, FOLDER);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Where the pins are; whoever saves one needs to own it. */
  get folder(): string {
    return this.#folder;
  }

  /** The key that the server must have, or undefined if nobody has said. Throws `bad-state`. */
  pin(host: string, port: number): Fingerprint | undefined {
    return readPin(pinPath(this.#folder, host, port));
  }

  /** Remembers the key. Throws `bad-state`. */
  save(host: string, port: number, pin: Fingerprint): void {
    writeAtomic(pinPath(this.#folder, host, port), `${pin}\n`);
  }
}

/** The pin in a state folder, which is only looked at. Throws `bad-state`. */
export function savedPin(stateFolder: string, host: string, port: number): Fingerprint | undefined {
  return readPin(pinPath(join(stateFolder, FOLDER), host, port));
}

function readPin(path: string): Fingerprint | undefined {
  const pin = readPrivate(path)?.trim();
  if (pin === undefined || FINGERPRINT_PATTERN.test(pin)) return pin;
  throw new TapswitchError("bad-state", `'${path}' is damaged: delete it, and join with an invite or ?pin=`);
}

function pinPath(folder: string, host: string, port: number): string {
  // A percent sign stands for whatever a file name cannot hold; host names are ASCII by now.
  return join(folder, `${encodeURIComponent(host.toLowerCase())}_${port}`);
}

/**
 * The folder for what outlives the process: the identity, the servers that are known by their key, and on a server
 * its members. Everyone may pass through it (a control socket may belong to a group), but every file in it is its
 * owner's alone. One server at a time holds its lock; the kernel takes the lock back from a process that died.
 */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errnoOf, TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { isUnfinished } from "./atomic-file.js";
import { defaultStateFolder } from "./state-path.js";

/** A half-written file of this age belongs to nobody any more. */
const ABANDONED_MS = 3_600_000;

/** Makes the folder if need be, and clears what a crash left behind. Throws `bad-state`. Answers with its path. */
export function openStateFolder(path = defaultStateFolder()): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 });
    checkFolder(path);
    removeAbandoned(path);
    return path;
  } catch (cause) {
    if (cause instanceof TapswitchError) throw cause;
    const fix = "run as its owner, or name another folder with --state";
    throw new TapswitchError(
      "bad-state",
      `cannot use the state folder '${path}' (${errnoOf(cause)}): ${fix}`,
      {
        cause,
      },
    );
  }
}

/** Held by a running server. Closed by the kernel when the process ends. */
export interface FolderLock {
  release(): void;
}

/** Takes the folder for this process. Throws `in-use`, naming who has it. */
export function lockStateFolder(folder: string): FolderLock {
  const path = join(folder, "lock");
  let fd: number;
  try {
    fd = openSync(path, "a+", 0o600);
  } catch (cause) {
    throw new TapswitchError("bad-state", `cannot open '${path}' (${errnoOf(cause)}): run as its owner`, {
      cause,
    });
  }
  if (native().lockFile(fd)) {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
    return { release: () => closeSync(fd) };
  }
  closeSync(fd);
  const holder = readFileSync(path, "utf8").trim();
  throw new TapswitchError(
    "in-use",
    `the state folder '${folder}' is in use by process ${holder || "?"}: stop it, or name another folder with --state`,
  );
}

function checkFolder(path: string): void {
  const stat = statSync(path);
  const [mine, mode] = [process.geteuid?.() ?? 0, stat.mode & 0o777];
  // Root too: what it wrote there the owner could not read.
  if (stat.uid !== mine)
    throw new TapswitchError(
      "bad-state",
      `the state folder '${path}' belongs to user ${stat.uid}: run as that user, or name another with --state`,
    );
  if ((mode & 0o022) !== 0)
    throw new TapswitchError(
      "bad-state",
      `the state folder '${path}' can be written by others (mode ${mode.toString(8)}): run 'chmod go-w ${path}'`,
    );
}

function removeAbandoned(folder: string, now = Date.now): void {
  for (const name of readdirSync(folder).filter(isUnfinished)) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && now() - stat.mtimeMs > ABANDONED_MS) unlinkSync(path);
  }
}

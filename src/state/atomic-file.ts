/**
 * A file that is always whole: after a crash or a loss of power it holds what it held before a write, or all that
 * was written. New bytes go into a file beside it, are forced to the disk, and take the old one's place by a rename,
 * which the folder then is told to remember. (write-file-atomic leaves the folder's fsync out.)
 */
import { randomBytes } from "node:crypto";
import nodeFs, { constants } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf, TapswitchError } from "../errors.js";

/** What is needed of `node:fs`; a test puts one in its place that loses power. */
export type FileSystem = Pick<
  typeof nodeFs,
  "openSync" | "writeFileSync" | "fsyncSync" | "closeSync" | "renameSync" | "linkSync" | "unlinkSync"
>;

/** Ends the names of unfinished files, which mean nothing once their writer is gone. */
export const UNFINISHED = ".unfinished";

/** No file of the state folder is larger: a thousand members take 300 KB. */
const MAX_BYTES = 64 * 1_024 * 1_024;
/** Bits that let anyone but the owner in. */
const OTHERS = 0o077;

export interface WriteOptions {
  /** Leaves a file that is there already as it is, and answers false. */
  readonly exclusive?: boolean;
  readonly fs?: FileSystem;
}

/** Writes the file, for its owner alone. Throws `bad-state`, `full` with the file as it was before. */
export function writeAtomic(path: string, content: string, options: WriteOptions = {}): boolean {
  const length = Buffer.byteLength(content);
  if (length > MAX_BYTES)
    throw new TapswitchError(
      "full",
      `'${path}' would have ${length} bytes, above ${MAX_BYTES}: remove something`,
    );
  const fs = options.fs ?? nodeFs;
  const unfinished = `${path}.${randomBytes(6).toString("hex")}${UNFINISHED}`;
  try {
    writeWhole(fs, unfinished, content);
    return options.exclusive ? putNew(fs, unfinished, path) : put(fs, unfinished, path);
  } catch (cause) {
    throw new TapswitchError("bad-state", `cannot write '${path}' (${errnoOf(cause)}): ${ADVICE}`, { cause });
  }
}

const ADVICE = "make room on the disk, or name another folder with --state";

/** Reads a file that only its owner may read; undefined if there is none. Throws `bad-state`. */
export function readPrivate(path: string): string | undefined {
  let fd: number;
  try {
    fd = nodeFs.openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return undefined;
    const why = errnoOf(cause) === "ELOOP" ? "it is a symbolic link" : errnoOf(cause);
    const fix = `run as the user who owns ${dirname(path)}, or name another folder with --state`;
    throw new TapswitchError("bad-state", `cannot read '${path}' (${why}): ${fix}`, { cause });
  }
  try {
    checkRights(path, nodeFs.fstatSync(fd));
    return nodeFs.readFileSync(fd, "utf8");
  } finally {
    nodeFs.closeSync(fd);
  }
}

function checkRights(path: string, stat: nodeFs.Stats): void {
  if (!stat.isFile()) throw new TapswitchError("bad-state", `'${path}' is no regular file: move it away`);
  if (stat.size > MAX_BYTES)
    throw new TapswitchError("bad-state", `'${path}' has ${stat.size} bytes, above ${MAX_BYTES}: restore it`);
  if ((stat.mode & OTHERS) === 0) return;
  const mode = (stat.mode & 0o777).toString(8);
  throw new TapswitchError(
    "bad-state",
    `'${path}' is open to others (mode ${mode}), so what it holds may be known to them: ` +
      `if you are sure that it is not, run 'chmod 600 ${path}'; else delete it to have a new one made`,
  );
}

function writeWhole(fs: FileSystem, path: string, content: string): void {
  const fd = fs.openSync(path, "wx", 0o600);
  try {
    fs.writeFileSync(fd, content);
    fs.fsyncSync(fd);
  } catch (error) {
    fs.unlinkSync(path);
    throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function put(fs: FileSystem, unfinished: string, path: string): true {
  fs.renameSync(unfinished, path);
  syncFolder(fs, path);
  return true;
}

/** A link fails where a rename would replace: of two first starts at once one makes the file, the other reads it. */
function putNew(fs: FileSystem, unfinished: string, path: string): boolean {
  let made = true;
  try {
    fs.linkSync(unfinished, path);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    made = false;
  }
  fs.unlinkSync(unfinished);
  syncFolder(fs, path);
  return made;
}

function syncFolder(fs: FileSystem, path: string): void {
  const fd = fs.openSync(dirname(path), "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** True for the name of a file that a crash left half written. */
export function isUnfinished(path: string): boolean {
  return basename(path).endsWith(UNFINISHED);
}

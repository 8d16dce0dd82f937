import { join } from "node:path";
import { TapswitchError } from "../errors.js";
import { Access, NO_ACCESS } from "../session/access.js";
import { AccessBook } from "../session/access-book.js";
import { type FileSystem, readPrivate, writeAtomic } from "./atomic-file.js";

/** The server's members and invites, kept in the folder whose lock is held. Throws `bad-state`. */
export function openAccessBook(folder: string, now: () => number = Date.now, fs?: FileSystem): AccessBook {
  const path = join(folder, "access.json");
  const found = readPrivate(path);
  const access = found === undefined ? NO_ACCESS : parseAccess(found, path);
  const options = fs === undefined ? {} : { fs };
  const save = (next: Access): void => void writeAtomic(path, `${JSON.stringify(next, null, 1)}\n`, options);
  return new AccessBook(access, { now, save });
}

/** Reads the file's text. Throws `bad-state`; `where` names it in the message, which repeats nothing of its content. */
export function parseAccess(text: string, where: string): Access {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(where, "it is not JSON");
  }
  const parsed = Access.safeParse(json);
  if (parsed.success) return parsed.data;
  throw damaged(where, `at '${parsed.error.issues[0]?.path.join(".")}'`);
}

function damaged(where: string, why: string): TapswitchError {
  const fix = "restore it from a backup, or move it away and invite everyone anew";
  return new TapswitchError("bad-state", `'${where}' is damaged (${why}): ${fix}`);
}

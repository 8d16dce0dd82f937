import { join } from "node:path";
import {
  createIdentity,
  formatIdentity,
  type Identity,
  parseIdentity,
  renewCertificate,
} from "../session/identity.js";
import { type FileSystem, readPrivate, writeAtomic } from "./atomic-file.js";

/** The folder's identity, made on the first call. Throws `bad-state`. */
export function loadIdentity(folder: string, fs?: FileSystem): Identity {
  const path = join(folder, "identity.pem");
  const found = readPrivate(path);
  if (found !== undefined) return parseIdentity(found, path);
  const options = { exclusive: true, ...(fs === undefined ? {} : { fs }) };
  writeAtomic(path, formatIdentity(createIdentity()), options);
  // Read back, since another process may have been first.
  return parseIdentity(readPrivate(path)!, path);
}

/** Gives the folder's key a new certificate. Throws `bad-state`. */
export function renewIdentity(folder: string): Identity {
  const renewed = renewCertificate(loadIdentity(folder));
  writeAtomic(join(folder, "identity.pem"), formatIdentity(renewed));
  return renewed;
}

import { createHash, type KeyObject } from "node:crypto";

/** SHA-256 of a SubjectPublicKeyInfo in base64url: what a machine is known by, as an SSH host is by its key. */
export type Fingerprint = string;

/** 32 bytes in base64url; the last digit holds four bits, so not every letter can stand there. */
export const FINGERPRINT_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export function fingerprintOf(publicKey: KeyObject): Fingerprint {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
}

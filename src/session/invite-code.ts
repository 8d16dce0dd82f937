/** The one-time code of an invite: a public half that finds the record, and a secret half kept only as a hash. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export const CODE_PATTERN = /^([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{22})$/;

export interface NewCode {
  readonly code: string;
  readonly id: string;
  readonly hash: string;
}

export function createCode(): NewCode {
  const id = randomBytes(6).toString("base64url");
  const secret = randomBytes(16).toString("base64url");
  return { code: `${id}.${secret}`, id, hash: hashOf(secret) };
}

/** The public half, or null where the text is no code at all. */
export function codeId(code: string): string | null {
  return CODE_PATTERN.exec(code)?.[1] ?? null;
}

/** Whether the code's secret is the one with this hash; takes the same time wherever they differ. */
export function matchesHash(code: string, hash: string): boolean {
  const secret = CODE_PATTERN.exec(code)?.[2] ?? "";
  return timingSafeEqual(Buffer.from(hashOf(secret), "hex"), Buffer.from(hash, "hex"));
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

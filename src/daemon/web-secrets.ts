/** Secrets of what is served by HTTP, from the files that an option names. */
import { readFileSync, statSync } from "node:fs";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { errnoOf, TapswitchError } from "../errors.js";

/** Nobody guesses 16 characters over a network, unless they are words. */
const MIN_TOKEN = 16;
/** Bits that let everyone read. */
const EVERYONE = 0o004;

/** The token that a file holds; `option` is where it was named. Throws `usage`. */
export function readToken(file: string, option: string): string {
  const token = readText(file, option).trim();
  if ((statSync(file).mode & EVERYONE) !== 0)
    throw new TapswitchError("usage", `${option}: everyone can read '${file}': chmod 600 it`);
  if (token.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  const fix = `${MIN_TOKEN} characters or more on one line, as 'openssl rand -hex 24' prints them`;
  throw new TapswitchError("usage", `${option}: '${file}' holds no token: ${fix}`);
}

/** A certificate and its key, as text. Browsers of some age still ask for TLS 1.2. Throws `usage`. */
export function readCertificate(
  { cert, key }: { readonly cert: string; readonly key: string },
  option: string,
): { readonly minVersion: "TLSv1.2"; readonly cert: string; readonly key: string } {
  return { minVersion: "TLSv1.2", cert: readText(cert, option), key: readText(key, option) };
}

/** Ready for use. Throws `usage`, naming the files. */
export function makeContext(options: SecureContextOptions, files: string): SecureContext {
  try {
    return createSecureContext(options);
  } catch (cause) {
    const why = `cannot use ${files} (${(cause as Error).message}): PEM files are expected`;
    throw new TapswitchError("usage", why, { cause });
  }
}

function readText(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TapswitchError("usage", `${option}: cannot read '${file}' (${errnoOf(cause)})`, { cause });
  }
}

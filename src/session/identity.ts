/** Who this machine is to others: a key of its own, and a certificate that does nothing but carry it in TLS. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { TapswitchError } from "../errors.js";
import { selfSignedCertificate } from "./certificate.js";
import { type Fingerprint, fingerprintOf } from "./fingerprint.js";

export interface Identity {
  /** Private key, PEM. */
  readonly key: string;
  /** Certificate, PEM. */
  readonly certificate: string;
  readonly fingerprint: Fingerprint;
}

/** What its certificates call every machine: names are given by the server, not claimed by the client. */
const COMMON_NAME = "tapswitch";

/** Makes a new key. P-256, since every TLS implementation, browsers included, takes it. */
export function createIdentity(): Identity {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return withCertificate(privateKey.export({ type: "pkcs8", format: "pem" }) as string);
}

/** The same key with a certificate made anew. */
export function renewCertificate(identity: Identity): Identity {
  return withCertificate(identity.key);
}

/** The identity as one file, so that key and certificate cannot part. */
export function formatIdentity({ key, certificate }: Identity): string {
  return `${key.trimEnd()}\n${certificate.trimEnd()}\n`;
}

/** Reads what `formatIdentity` wrote. Throws `bad-state`; `where` names the file in the message. */
export function parseIdentity(text: string, where: string): Identity {
  try {
    const key = block(text, "PRIVATE KEY");
    const certificate = block(text, "CERTIFICATE");
    const x509 = new X509Certificate(certificate);
    if (!x509.checkPrivateKey(createPrivateKey(key)))
      throw new Error("the certificate is not that of the key");
    return { key, certificate, fingerprint: fingerprintOf(x509.publicKey) };
  } catch (cause) {
    throw new TapswitchError(
      "bad-state",
      `'${where}' is damaged (${(cause as Error).message}): restore it from a backup, or delete it to become a new ` +
        "machine, which must be invited again and whose clients must learn its new key",
      { cause },
    );
  }
}

function withCertificate(key: string): Identity {
  const privateKey = createPrivateKey(key);
  const fingerprint = fingerprintOf(createPublicKey(privateKey));
  return { key, certificate: selfSignedCertificate(privateKey, COMMON_NAME), fingerprint };
}

function block(text: string, label: string): string {
  const begin = text.indexOf(`-----BEGIN ${label}-----`);
  const mark = `-----END ${label}-----`;
  const end = text.indexOf(mark, begin);
  if (begin < 0 || end < 0) throw new Error(`it has no ${label.toLowerCase()}`);
  return `${text.slice(begin, end + mark.length)}\n`;
}

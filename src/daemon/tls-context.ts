/**
 * What both ends of every TLS connection agree on: version 1.3 only, no session tickets, so that each session proves
 * its key anew. AES-128 comes first: it needs fewer rounds than AES-256 and nobody breaks either.
 */
import { constants } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { TlsEndpoint } from "../config/endpoint/tls.js";
import { errnoOf, TapswitchError } from "../errors.js";
import type { Identity } from "../session/identity.js";

const COMMON: SecureContextOptions = {
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  ciphers: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
  secureOptions: constants.SSL_OP_NO_TICKET,
};

/** Our end of a listener or connection: the endpoint's own files where it names any, else our identity. Throws `usage`. */
export function tlsContext(endpoint: TlsEndpoint, identity: Identity): SecureContext {
  const { ca, crl, cert, key } = endpoint;
  try {
    return createSecureContext({
      ...COMMON,
      key: key === undefined ? identity.key : read(key),
      cert: cert === undefined ? identity.certificate : read(cert),
      // Without any, Node would load a hundred public CAs, none of which has a say here.
      ca: ca === undefined ? identity.certificate : read(ca),
      // Node reads one list from each text that it is given.
      ...(crl === undefined ? {} : { crl: blocks(read(crl)) }),
    });
  } catch (cause) {
    if (cause instanceof TapswitchError) throw cause;
    const files = [ca, crl, cert, key].filter((file) => file !== undefined).join(", ");
    throw new TapswitchError(
      "usage",
      `cannot use ${files} (${(cause as Error).message}): PEM files are expected`,
      {
        cause,
      },
    );
  }
}

/** All that the files of the endpoint hold, to see whether any has changed. Throws `usage`. */
export function readFiles({ ca, crl, cert, key }: TlsEndpoint): string {
  return [ca, crl, cert, key].map((file) => (file === undefined ? "" : read(file))).join("\0");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TapswitchError(
      "usage",
      `cannot read '${file}' (${errnoOf(cause)}): give it to the user who runs this, or name another`,
      { cause },
    );
  }
}

function blocks(pem: string): string[] {
  return pem.match(/-----BEGIN X509 CRL-----[\s\S]*?-----END X509 CRL-----/g) ?? [pem];
}

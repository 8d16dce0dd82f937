/**
 * Writes the one certificate TLS needs from us: self-signed, ECDSA with P-256, no extensions [RFC 5280, 4.1]. Nobody
 * relies on what it says; it only carries the public key, so it never ends. Forty lines of DER replace a library
 * with a dozen packages behind it; Node itself does all reading of certificates.
 */
import { createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";

/** DER tags [X.690, 8]. */
const Tag = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
};
/** 1.2.840.10045.4.3.2, ecdsa-with-SHA256, and 2.5.4.3, commonName. */
const ECDSA_SHA256 = Buffer.from("2a8648ce3d040302", "hex");
const COMMON_NAME = Buffer.from("550403", "hex");
/** A certificate without an end [RFC 5280, 4.1.2.5]. */
const NEVER = "99991231235959Z";
/** Before any clock that could read it: machines without a battery wake up in 1970. */
const ALWAYS = "700101000000Z";

/** A self-signed certificate for a P-256 key, in PEM. */
export function selfSignedCertificate(privateKey: KeyObject, commonName: string): string {
  const name = der(
    Tag.sequence,
    der(Tag.set, der(Tag.sequence, der(Tag.oid, COMMON_NAME), text(Tag.utf8, commonName))),
  );
  const algorithm = der(Tag.sequence, der(Tag.oid, ECDSA_SHA256));
  const body = der(
    Tag.sequence,
    der(Tag.version, der(Tag.integer, Buffer.from([2]))),
    der(Tag.integer, serialNumber()),
    algorithm,
    name,
    der(Tag.sequence, text(Tag.utcTime, ALWAYS), text(Tag.time, NEVER)),
    name,
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
  );
  const signature = der(Tag.bits, Buffer.from([0]), sign("sha256", body, privateKey));
  return pem(der(Tag.sequence, body, algorithm, signature));
}

/** Positive and of 16 bytes, the first of which is not zero. */
function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  return serial;
}

function text(tag: number, value: string): Buffer {
  return der(tag, Buffer.from(value));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

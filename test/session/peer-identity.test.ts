import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { createIdentity, parseIdentity } from "../../src/session/identity.js";
import { NAME_PATTERN } from "../../src/session/messages.js";
import { certifiedIdentity, keyIdentity } from "../../src/session/peer-identity.js";
import { check } from "../support/generated.js";

/** A certificate as Node would describe it; what is in one is tested with a real CA. */
function certificate(
  subject: unknown,
  subjectAltName: string | undefined,
  issuer: unknown = { CN: "CA" },
): X509Certificate {
  return { toLegacyObject: () => ({ subject, issuer }), subjectAltName } as unknown as X509Certificate;
}

test("generated certificate fields admit to nothing but well-formed names", () => {
  const value = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
    fc.array(fc.string()),
    fc.constant(undefined),
  );
  const name = fc.oneof(
    fc.record({ CN: value, OU: value, O: value }, { requiredKeys: [] }),
    fc.constant(undefined),
  );
  const alt = fc.oneof(
    fc.constant(undefined),
    fc.string(),
    fc
      .tuple(fc.string(), fc.string())
      .map(([network, member]) => `DNS:x, URI:tapswitch://${network}/${member}, DNS:y`),
  );
  check(
    fc.property(name, alt, name, (subject, subjectAltName, issuer) => {
      try {
        const { id, certified } = certifiedIdentity(certificate(subject, subjectAltName, issuer));
        assert.match(certified!.name, NAME_PATTERN);
        assert.ok(
          certified!.networks.length > 0 && certified!.networks.every((one) => NAME_PATTERN.test(one)),
        );
        assert.match(id, /^ca:[A-Za-z0-9._ -]*\/[A-Za-z0-9._-]+$|^ca:[^/]*\/[A-Za-z0-9._-]+$/);
        assert.equal(id.slice(id.lastIndexOf("/") + 1), certified!.name);
      } catch (error) {
        assert.ok(error instanceof TapswitchError && error.code === "not-authenticated", String(error));
      }
    }),
  );
});

test("an alternative name that Node has quoted is not read", () => {
  const subject = { CN: "alice", OU: "blue" };
  const hidden = 'DNS:"x, URI:tapswitch://red/root, y"';
  assert.deepEqual(certifiedIdentity(certificate(subject, hidden)).certified, {
    name: "alice",
    networks: ["blue"],
  });
});

test("a key's identity says nothing of what its certificate claims", () => {
  const identity = createIdentity();
  const peer = keyIdentity(new X509Certificate(identity.certificate));
  assert.deepEqual(peer, { id: `key:${identity.fingerprint}` });
});

test("generated identity files are refused as damaged, never with a crash or a part of the key", () => {
  const identity = createIdentity();
  const text = identity.key + identity.certificate;
  const secret = identity.key.split("\n")[1]!;
  check(
    fc.property(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 20 }), (at, cut, put) => {
      const changed = text.slice(0, at) + put + text.slice(at + cut);
      try {
        const read = parseIdentity(changed, "identity.pem");
        assert.equal(read.fingerprint, identity.fingerprint);
      } catch (error) {
        assert.ok(error instanceof TapswitchError && error.code === "bad-state", String(error));
        assert.equal(error.message.includes(secret), false);
      }
    }),
  );
});

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { createIdentity, parseIdentity } from "../../src/session/identity.js";
import { certifiedIdentity, keyIdentity } from "../../src/session/peer-identity.js";
import { check, runs } from "../support/generated.js";
import { isName } from "../support/plain-rules.js";

/** A certificate as Node would describe it; what is in one is tested with a real CA. */
function certificate(
  subject: unknown,
  subjectAltName: string | undefined,
  issuer: unknown = { CN: "CA" },
): X509Certificate {
  return { toLegacyObject: () => ({ subject, issuer }), subjectAltName } as unknown as X509Certificate;
}

test("generated certificate fields admit to what they name by the rule, and to nothing else", () => {
  const good = fc.constantFrom("alice", "blue", "a", "x.y-z_0", "n".repeat(63));
  const bad = fc.oneof(fc.string(), fc.constantFrom("", "n".repeat(64), "-a", "a b", "alice\n", "a/b", "*"));
  const value = fc.oneof({ weight: 4, arbitrary: good }, bad);
  const values = fc.oneof(value, fc.array(value, { maxLength: 3 }), fc.constant(undefined));
  const name = fc.oneof(
    { weight: 9, arbitrary: fc.record({ CN: values, OU: values, O: values }, { requiredKeys: [] }) },
    fc.constant(undefined),
  );
  const uri = fc.tuple(value, value).map(([network, member]) => `URI:tapswitch://${network}/${member}`);
  const entry = fc.oneof(uri, fc.constantFrom("DNS:x", "URI:http://blue/alice", "URI:tapswitch://blue"));
  const alt = fc.oneof(
    fc.constant(undefined),
    fc.string(),
    fc.array(entry, { maxLength: 3 }).map((entries) => entries.join(", ")),
  );
  let admitted = 0;
  check(
    fc.property(name, alt, name, (subject, subjectAltName, issuer) => {
      let found: ReturnType<typeof certifiedIdentity> | null = null;
      try {
        found = certifiedIdentity(certificate(subject, subjectAltName, issuer));
      } catch (error) {
        assert.ok(error instanceof TapswitchError && error.code === "not-authenticated", String(error));
      }
      assert.deepEqual(found?.certified ?? null, certifiedByRule(subject, subjectAltName));
      if (found === null) return;
      admitted++;
      const [, by] = /^ca:([^/]{0,63})\/[^/]+$/.exec(found.id) ?? [];
      assert.notEqual(by, undefined, found.id);
      assert.equal(found.id.slice(found.id.lastIndexOf("/") + 1), found.certified!.name);
    }),
  );
  assert.ok(admitted > runs / 20, `only ${admitted} were admitted`);
});

/** The rule as the README has it, said once more. */
function certifiedByRule(subject: Record<string, unknown> | undefined, alt: string | undefined) {
  for (const entry of alt === undefined || alt.includes('"') ? [] : alt.split(", ")) {
    const [scheme, none, network, name, ...more] = entry.split("/");
    if (scheme !== "URI:tapswitch:" || none !== "" || more.length > 0) continue;
    if (isName(network) && isName(name)) return { name, networks: [network] };
  }
  const [names, networks] = ["CN", "OU"].map((key) => [subject?.[key] ?? []].flat());
  const valid = names!.length === 1 && networks!.length > 0 && [...names!, ...networks!].every(isName);
  return valid ? { name: names![0], networks } : null;
}

test("generated damage to a certificate crashes no reader, and passes for the identity only with its key whole", () => {
  const identity = createIdentity();
  const whole = new X509Certificate(identity.certificate);
  const der = whole.raw;
  // The point on the curve is the end of the key's description.
  const point = (whole.publicKey.export({ type: "spki", format: "der" }) as Buffer).subarray(-64);
  const damage = fc.tuple(fc.nat(der.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }));
  check(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (places) => {
      const bytes = Buffer.from(der);
      for (const [at, put] of places) bytes.set(put.subarray(0, bytes.length - at), at);
      let id: string;
      try {
        id = keyIdentity(new X509Certificate(bytes)).id;
      } catch {
        return;
      }
      if (id === `key:${identity.fingerprint}`) assert.ok(bytes.includes(point), bytes.toString("hex"));
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

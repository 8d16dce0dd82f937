import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FINGERPRINT_PATTERN } from "../../src/session/fingerprint.js";
import { loadIdentity, renewIdentity } from "../../src/state/identity-file.js";
import { cutEverywhere } from "../support/failing-disk.js";
import { temporaryFolder } from "../support/server.js";

test("makes a key and a certificate on first use, for the owner alone, and finds them again", (t) => {
  const folder = temporaryFolder(t);
  const made = loadIdentity(folder);
  assert.match(made.fingerprint, FINGERPRINT_PATTERN);
  assert.equal(statSync(join(folder, "identity.pem")).mode & 0o777, 0o600);
  assert.deepEqual(loadIdentity(folder), made);
  assert.deepEqual(readdirSync(folder), ["identity.pem"]);
});

test("the certificate is one that OpenSSL takes, signed by its own key, without an end", (t) => {
  const certificate = new X509Certificate(loadIdentity(temporaryFolder(t)).certificate);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.subject, "CN=tapswitch");
  assert.equal(new Date(certificate.validTo).getUTCFullYear(), 9999);
});

test("a renewed certificate has the same fingerprint", (t) => {
  const folder = temporaryFolder(t);
  const before = loadIdentity(folder);
  const after = renewIdentity(folder);
  assert.notEqual(after.certificate, before.certificate);
  assert.equal(after.fingerprint, before.fingerprint);
  assert.deepEqual(loadIdentity(folder), after);
});

test("a damaged file is refused with what to do", (t) => {
  const folder = temporaryFolder(t);
  const other = loadIdentity(temporaryFolder(t));
  const { key, certificate } = loadIdentity(folder);
  const path = join(folder, "identity.pem");
  for (const content of ["", key, certificate, key + other.certificate, key.slice(0, 90) + certificate]) {
    writeFileSync(path, content);
    assert.throws(() => loadIdentity(folder), {
      code: "bad-state",
      message: /damaged.*restore it.*or delete/,
    });
  }
});

test("a file that others may read is refused, and a link is not followed", (t) => {
  const folder = temporaryFolder(t);
  loadIdentity(folder);
  const path = join(folder, "identity.pem");
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(path, mode);
    assert.throws(() => loadIdentity(folder), { code: "bad-state", message: /open to others.*chmod 600/ });
  }
  rmSync(path);
  symlinkSync("/etc/passwd", path);
  assert.throws(() => loadIdentity(folder), { code: "bad-state", message: /symbolic link/ });
});

test("a loss of power at any step of the first start leaves no broken identity", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "identity.pem");
  const cuts = cutEverywhere(
    () => rmSync(path, { force: true }),
    (disk) => void loadIdentity(folder, disk),
    () => {
      const found = loadIdentity(folder);
      assert.match(readFileSync(path, "utf8"), /BEGIN PRIVATE KEY[\s\S]*END CERTIFICATE/);
      assert.match(found.fingerprint, FINGERPRINT_PATTERN);
    },
  );
  assert.ok(cuts >= 35, `${cuts}`);
});

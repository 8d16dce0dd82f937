import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Access } from "../../src/session/access.js";
import { openGrant } from "../../src/session/grant.js";
import { openAccessBook, parseAccess } from "../../src/state/access-file.js";
import { KnownServers } from "../../src/state/known-servers.js";
import { cutEverywhere, type FailingDisk } from "../support/failing-disk.js";
import { check } from "../support/generated.js";
import { temporaryFolder } from "../support/server.js";

const NOW = 1_700_000_000_000;
const INVITE = { grant: openGrant("default"), expiresMs: 60_000, uses: 3 };
const PIN = "5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY";

test("a loss of power at any step of an enrolment or revocation leaves the file as before or as after", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "access.json");
  const open = (disk?: FailingDisk) => openAccessBook(folder, () => NOW, disk);
  const { code } = open().invite(INVITE);
  open().enrol("key:alice", code, "alice");
  cpSync(path, `${path}.start`);
  for (const change of ["enrol", "revoke"] as const) {
    const write = (disk?: FailingDisk): void => {
      if (change === "enrol") open(disk).enrol("key:bob", code, "bob");
      else open(disk).revoke("alice");
    };
    const prepare = (): void => cpSync(`${path}.start`, path);
    prepare();
    const before = readFileSync(path, "utf8");
    write();
    const after = readFileSync(path, "utf8");
    const seen = new Set<string>();
    const cuts = cutEverywhere(prepare, write, () => {
      const text = readFileSync(path, "utf8");
      assert.ok(text === before || text === after, text.slice(0, 200));
      open();
      seen.add(text);
    });
    assert.ok(cuts >= 35 && seen.size === 2, `${cuts} cuts, ${seen.size} outcomes`);
  }
});

test("generated member files are read only where they keep every rule, and never crash the reader", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant([]), fc.constant(1), fc.string());
  const near = fc.record({
    version: fc.oneof(fc.constant(1), value),
    members: value,
    invites: value,
    revoked: value,
  });
  check(
    fc.property(
      fc.oneof(
        near.map((json) => JSON.stringify(json)),
        fc.string(),
      ),
      (text) => {
        let access: Access;
        try {
          access = parseAccess(text, "file");
        } catch (error) {
          assert.equal((error as { code?: string }).code, "bad-state");
          return;
        }
        assert.ok(Access.safeParse(access).success);
      },
    ),
  );
});

test("the pins of servers are kept one by one, and a damaged one is refused", (t) => {
  const folder = temporaryFolder(t);
  const known = new KnownServers(folder);
  known.save("fd00::1", 9621, PIN);
  known.save("../../etc/passwd", 1, PIN);
  assert.equal(new KnownServers(folder).pin("fd00::1", 9621), PIN);
  assert.equal(known.pin("fd00::1", 9622), undefined);
  assert.equal(known.pin("../../etc/passwd", 1), PIN);
  rmSync(join(folder, "servers"), { recursive: true });
  assert.throws(() => known.save("a", 1, PIN), { code: "bad-state" });
});

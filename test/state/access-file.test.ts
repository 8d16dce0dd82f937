import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openGrant } from "../../src/session/grant.js";
import { openAccessBook, parseAccess } from "../../src/state/access-file.js";
import { readPrivate, writeAtomic } from "../../src/state/atomic-file.js";
import { KnownServers } from "../../src/state/known-servers.js";
import { altered } from "../support/altered.js";
import { cutEverywhere, type FailingDisk } from "../support/failing-disk.js";
import { check } from "../support/generated.js";
import { isAccess } from "../support/plain-rules.js";
import { temporaryFolder } from "../support/server.js";

const NOW = 1_700_000_000_000;
const INVITE = { grant: openGrant("default"), expiresMs: 60_000, uses: 3 };
const PIN = "5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY";

const name = fc.constantFrom("default", "blue", "a", "A1-b.c_d", "n".repeat(63));
const id = fc.constantFrom(`key:${PIN}`, "ca:Lab CA/alice", "key:x");
const instant = fc.constantFrom("2026-01-02T03:04:05.678Z", "2024-02-29T23:59:59Z");
const mac = fc.constantFrom("02:00:00:00:00:01", "ff:fe:fd:fc:fb:fa");
const range = fc.constantFrom("10.0.0.7", "10.0.0.0/24", "0.0.0.0/0", "fd00::7", "fd00::/64", "10.0.0.7/32");
const grant = fc.record(
  {
    network: name,
    name,
    vlan: fc.constantFrom(1, 7, 4_094),
    macs: fc.array(mac, { maxLength: 2 }),
    ips: fc.array(range, { maxLength: 3 }),
    macLimit: fc.constantFrom(1, 65_536),
    rate: fc.constantFrom(8_000, 1e12),
    sessions: fc.constantFrom(1, 1_000),
  },
  { requiredKeys: ["network"] },
);
const member = fc.record(
  { id, name, grant, enrolledAt: instant, lastSeen: instant, lastFrom: fc.constantFrom("[fd00::1]:40000") },
  { requiredKeys: ["id", "name", "grant", "enrolledAt"] },
);
const invite = fc.record({
  id: fc.constantFrom("abcdEF_-", "01234567"),
  hash: fc.constantFrom("0123456789abcdef".repeat(4)),
  grant,
  createdAt: instant,
  expiresAt: instant,
  uses: fc.constantFrom(1, 10_000),
  usedBy: fc.array(id, { maxLength: 2 }),
});
const anyAccess = fc.record({
  version: fc.constant(1),
  members: fc.array(member, { maxLength: 2 }),
  invites: fc.array(invite, { maxLength: 2 }),
  revoked: fc.array(fc.record({ id, network: name }), { maxLength: 2 }),
});

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
  const counts = { read: 0, refused: 0 };
  check(
    fc.property(
      fc.oneof({ weight: 9, arbitrary: altered(anyAccess) }, fc.jsonValue(), fc.string()),
      (json) => {
        const text = JSON.stringify(json);
        const read = isRead(text);
        assert.equal(read, isAccess(JSON.parse(text)), text);
        counts[read ? "read" : "refused"]++;
      },
    ),
  );
  const least = (counts.read + counts.refused) / 10;
  assert.ok(counts.read > least && counts.refused > least, JSON.stringify(counts));
});

test("generated texts that are no JSON, or cut off, are no member file", () => {
  const whole = anyAccess.map((access) => JSON.stringify(access));
  check(
    fc.property(whole, fc.nat(), fc.string({ maxLength: 3 }), (text, at, put) => {
      const cut = at % text.length;
      assert.equal(isRead(text.slice(0, cut)), false);
      const changed = text.slice(0, cut) + put + text.slice(cut + 1);
      if (!isRead(changed)) return;
      assert.ok(isAccess(JSON.parse(changed)), changed);
    }),
  );
});

/** Any other failure than that the file is damaged fails the test. */
function isRead(text: string): boolean {
  try {
    parseAccess(text, "file");
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, "bad-state", String(error));
    assert.ok((error as Error).message.length < 200, (error as Error).message);
    return false;
  }
}

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

test("a file that would be too long to be read again is not written", (t) => {
  const path = join(temporaryFolder(t), "access.json");
  writeAtomic(path, "before");
  assert.throws(() => writeAtomic(path, "x".repeat(64 * 1_024 * 1_024 + 1)), {
    code: "full",
    message: /67108865 bytes/,
  });
  assert.equal(readPrivate(path), "before");
});

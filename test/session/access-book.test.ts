import assert from "node:assert/strict";
import { test } from "node:test";
import { type Access, MAX_REVOKED, NO_ACCESS } from "../../src/session/access.js";
import { AccessBook } from "../../src/session/access-book.js";
import { openGrant } from "../../src/session/grant.js";

const TERMS = { grant: openGrant("default"), expiresMs: 1_000, uses: 1 };
const [ALICE, BOB] = ["key:alice-key", "key:bob-key"];

function book(save: (access: Access) => void = () => undefined) {
  const time = { now: 1_000_000 };
  return { book: new AccessBook(NO_ACCESS, { save, now: () => time.now }), time };
}

test("a change that cannot be saved has not happened", () => {
  let broken = false;
  const { book: access } = book(() => {
    if (broken) throw new Error("disk full");
  });
  const { code } = access.invite(TERMS);
  broken = true;
  assert.throws(() => access.enrol(ALICE, code, "alice"), /disk full/);
  assert.throws(() => access.invite(TERMS), /disk full/);
  assert.deepEqual([access.members.length, access.invites.length], [0, 1]);
  broken = false;
  assert.equal(access.enrol(BOB, code, "bob").name, "bob");
});

test("an invite for several admits so many keys, each of them once", () => {
  const { book: access } = book();
  const { code } = access.invite({ ...TERMS, uses: 2 });
  for (const id of [ALICE, ALICE, BOB, BOB, ALICE]) access.enrol(id, code, "host");
  assert.deepEqual(
    access.members.map(({ name }) => name),
    ["host", "host-2"],
  );
  assert.throws(() => access.enrol("key:mallory", code, "host"), { code: "invite-used" });
});

test("a used code stays good for its user after it has expired, and expires for all others", () => {
  const { book: access, time } = book();
  const { code } = access.invite({ ...TERMS, uses: 2 });
  access.enrol(ALICE, code, "alice");
  time.now += 1_000;
  assert.equal(access.enrol(ALICE, code, "alice").name, "alice");
  assert.throws(() => access.enrol(BOB, code, "bob"), { code: "invite-expired" });
});

test("revokes by name, id or fingerprint, in one network or in all; a new invite heals it", () => {
  const { book: access } = book();
  for (const network of ["default", "blue"])
    access.enrol(
      ALICE,
      access.invite({ ...TERMS, grant: { ...openGrant(network), name: "alice" } }).code,
      "x",
    );
  assert.equal(access.revoke("alice-key", "blue").length, 1);
  assert.ok(access.isRevoked(ALICE, "blue"));
  assert.ok(access.member(ALICE, "default"));
  access.enrol(ALICE, access.invite({ ...TERMS, grant: openGrant("blue") }).code, "alice");
  assert.equal(access.isRevoked(ALICE, "blue"), false);
  assert.equal(access.revoke(ALICE).length, 2);
  assert.throws(() => access.revoke("alice"), { code: "not-found" });
});

test("who was seen is saved by the next change or by a flush, and not before", () => {
  let saves = 0;
  const { book: access } = book(() => void saves++);
  access.enrol(ALICE, access.invite(TERMS).code, "alice");
  access.seen(ALICE, "default", "10.0.0.1:5");
  assert.equal(saves, 2);
  access.flush();
  access.flush();
  assert.equal(saves, 3);
  assert.equal(access.members[0]?.lastFrom, "10.0.0.1:5");
});

test("remembers each certified identity that is barred, however many keys are revoked", () => {
  const keys = Array.from({ length: MAX_REVOKED - 1 }, (_, index) => ({
    id: `key:${index}`,
    network: "default",
  }));
  const barred = { id: "ca:Lab CA/mallory", network: "default" };
  const start: Access = { ...NO_ACCESS, revoked: [barred, ...keys] };
  const access = new AccessBook(start, { save: () => undefined, now: () => 0 });
  const { code } = access.invite({ ...TERMS, uses: 3 });
  for (const id of [ALICE, BOB]) access.enrol(id, code, "host");
  access.revoke("host");
  access.revoke("host-2");
  assert.equal(access.isRevoked(barred.id, "default"), true);
  assert.equal(access.isRevoked(BOB, "default"), true);
  assert.equal(access.isRevoked("key:0", "default"), false, "the oldest key goes");
  for (let index = 0; index < MAX_REVOKED - 1; index++) access.bar(`ca:Lab CA/${index}`, "default");
  assert.throws(() => access.bar("ca:Lab CA/one-more", "default"), { code: "full" });
});

test("a client that calls itself by another's fingerprint is not named so", () => {
  const { book: access } = book();
  const { code } = access.invite(TERMS);
  const fingerprint = "5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY";
  assert.notEqual(access.enrol(ALICE, code, fingerprint).name, fingerprint);
});

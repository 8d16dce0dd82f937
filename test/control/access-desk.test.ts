import assert from "node:assert/strict";
import { test } from "node:test";
import { accessDesk, type Connection } from "../../src/control/access-desk.js";
import { NO_ACCESS } from "../../src/session/access.js";
import { AccessBook } from "../../src/session/access-book.js";
import { openGrant } from "../../src/session/grant.js";
import { createIdentity } from "../../src/session/identity.js";

const IDENTITY = createIdentity();
const ALICE = { id: "ca:Lab CA/alice", name: "alice", from: "10.0.0.1:5" };

/** A desk of the networks blue and red, and what it was told to end. */
function desk(connected: readonly Connection[]) {
  const book = new AccessBook(NO_ACCESS, { save: () => undefined, now: () => 1_000_000 });
  const expelled: string[] = [];
  const handlers = accessDesk({
    book,
    identity: IDENTITY,
    networks: () => ["blue", "red"],
    address: () => "switch:9621",
    connections: () => connected,
    expel: (id, network) => expelled.push(`${id} ${network}`),
    now: () => 1_000_000,
  });
  return { book, handlers, expelled };
}

test("revokes a certified member in the named network only", async () => {
  const { book, handlers, expelled } = desk([
    { ...ALICE, network: "blue" },
    { ...ALICE, network: "red" },
  ]);
  await handlers.revoke({ who: "alice", network: "red" });
  assert.deepEqual(expelled, ["ca:Lab CA/alice red"]);
  assert.deepEqual([book.isRevoked(ALICE.id, "red"), book.isRevoked(ALICE.id, "blue")], [true, false]);
});

test("revokes a member with a key too where a certified one has the same name", async () => {
  const { book, handlers } = desk([{ ...ALICE, network: "blue" }]);
  const { code } = book.invite({ grant: openGrant("blue"), expiresMs: 1_000, uses: 1 });
  book.enrol("key:alice", code, "alice");
  const { members } = await handlers.revoke({ who: "alice" });
  assert.deepEqual(
    members.map(({ id }) => id),
    ["ca:Lab CA/alice", "key:alice"],
  );
  assert.deepEqual(book.members, []);
});

test("bars a certified member that is not connected by its full name, in one network or all", async () => {
  const { book, handlers } = desk([]);
  await handlers.revoke({ who: ALICE.id, network: "red" });
  assert.deepEqual([book.isRevoked(ALICE.id, "red"), book.isRevoked(ALICE.id, "blue")], [true, false]);
  await handlers.revoke({ who: ALICE.id });
  assert.equal(book.isRevoked(ALICE.id, "blue"), true);
  await assert.rejects(async () => handlers.revoke({ who: "alice" }), { code: "not-found" });
});

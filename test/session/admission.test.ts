import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { NO_ACCESS } from "../../src/session/access.js";
import { AccessBook } from "../../src/session/access-book.js";
import { authorize } from "../../src/session/authorizer.js";
import { openGrant } from "../../src/session/grant.js";
import { parseMessage } from "../../src/session/messages.js";
import { check } from "../support/generated.js";

const [ALICE, MALLORY] = ["key:alice", "key:mallory"];

test("generated hellos of a stranger enrol nobody and admit to nothing", () => {
  const book = new AccessBook(NO_ACCESS, { save: () => undefined, now: () => 0 });
  const terms = { grant: openGrant("default"), expiresMs: 1_000, uses: 1 };
  const open = book.invite(terms).code;
  book.enrol(ALICE, book.invite(terms).code, "alice");
  const known = JSON.stringify(book.members);
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "default",
      "alice",
      ALICE,
      open.slice(0, 9),
      `${open.slice(0, -1)}_`,
      `${open} `,
      open.toLowerCase(),
    ),
  );
  const field = fc.oneof(text, fc.jsonValue({ maxDepth: 1 }));
  const base = { type: "hello", version: 1, instance: "i".repeat(16), capabilities: { offload: [] } };
  const fields = fc.record(
    { network: field, name: field, code: field, instance: text },
    { requiredKeys: [] },
  );
  check(
    fc.property(fields, fc.constantFrom(undefined, "default", "blue"), (said, pinned) => {
      const hello = parseMessage(JSON.stringify({ ...base, ...said }));
      if (hello.type !== "hello" || hello.code === open) return;
      const place = { pinned, otherwise: "default" };
      assert.throws(() => authorize(book, { id: MALLORY }, hello, place), TapswitchError);
      assert.equal(JSON.stringify(book.members), known);
    }),
  );
});

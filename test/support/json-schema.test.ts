import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { violations } from "./json-schema.js";

const View = z.object({
  id: z.number().int().nonnegative(),
  state: z.enum(["up", "down"]),
  peer: z.string().nullable(),
  at: z.iso.datetime(),
  mac: z.string().optional(),
  drops: z.record(z.enum(["queue"]), z.number().int()),
  ends: z.record(z.string(), z.number()),
});
const schema = z.toJSONSchema(z.array(View), {
  override: ({ jsonSchema }) => {
    if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  },
}) as Record<string, unknown>;
const good = {
  id: 1,
  state: "up",
  peer: null,
  at: "2026-01-01T00:00:00Z",
  drops: { queue: 1 },
  ends: { bye: 2 },
};

test("a value that fits has no violations", () => {
  assert.deepEqual(violations(schema, []), []);
  assert.deepEqual(violations(schema, [good, { ...good, mac: "x", peer: "y" }]), []);
});

const bad: [string, unknown][] = [
  ["is no list", good],
  ["lacks a field", [{ ...good, id: undefined }].map(({ id: _, ...rest }) => rest)],
  ["has a field that nobody told of", [{ ...good, colour: "red" }]],
  ["has a broken number", [{ ...good, id: 1.5 }]],
  ["has a number that is too small", [{ ...good, id: -1 }]],
  ["has another word", [{ ...good, state: "sideways" }]],
  ["has another type", [{ ...good, peer: 7 }]],
  ["has no instant", [{ ...good, at: "yesterday" }]],
  ["has a key that is none of the words", [{ ...good, drops: { queue: 1, other: 2 } }]],
  ["lacks a key", [{ ...good, drops: {} }]],
  ["has a wrong value behind any key", [{ ...good, ends: { bye: "2" } }]],
];
for (const [title, value] of bad)
  test(`a value that ${title} has one`, () => assert.notDeepEqual(violations(schema, value), []));

test("a keyword that is not known is a violation", () => {
  assert.deepEqual(violations({ multipleOf: 2 }, 4), ["$: unknown keyword 'multipleOf'"]);
});

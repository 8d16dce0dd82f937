import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import {
  MAX_VDE_REQUEST,
  type VdeRequest,
  VdeRequestReader,
  writeVdeRequest,
} from "../../src/link/vde-request.js";
import { check } from "../support/generated.js";
import { vdeRequest } from "../support/vde-peer.js";

function read(...pieces: Uint8Array[]): VdeRequest | null {
  const reader = new VdeRequestReader();
  let request: VdeRequest | null = null;
  for (const piece of pieces) request ??= reader.feed(piece);
  return request;
}

describe("a request for a port", () => {
  test("of version 3 names path, wanted number and description", () => {
    const bytes = vdeRequest("/run/x", { port: 7, description: "QEMU user=root" });
    assert.deepEqual(read(bytes), { path: "/run/x", port: 7, description: "QEMU user=root" });
  });

  test("of version 1 has no wanted number that anybody could tell from a version", () => {
    const bytes = vdeRequest("/run/x", { version: 1, description: "old" });
    assert.deepEqual(read(bytes), { path: "/run/x", port: 0, description: "old" });
  });

  test("may lack a description, and the zero byte behind one", () => {
    const bytes = vdeRequest("/run/x");
    assert.equal(read(bytes.subarray(0, 122))!.description, "");
    assert.equal(read(Buffer.concat([bytes.subarray(0, 122), Buffer.from("abc")]))!.description, "abc");
  });

  test("whose description is too long, or not for terminals, is shown in part", () => {
    const { description } = read(vdeRequest("/x", { description: `\u001b[31m${"x".repeat(300)}` }))!;
    assert.equal(description, `?[31m${"x".repeat(59)}`);
  });

  test("of the second kind wants no number", () => {
    const bytes = vdeRequest("/x", { port: 9 });
    bytes[8] = 1;
    assert.equal(read(bytes)!.port, 0);
  });

  test("is written as a switch reads it", () => {
    const request = { path: "/run/x", port: 3, description: "tapswitch" };
    assert.deepEqual(writeVdeRequest(request), vdeRequest("/run/x", { port: 3, description: "tapswitch" }));
    assert.deepEqual(read(writeVdeRequest(request)), request);
    assert.equal(writeVdeRequest({ ...request, description: "x".repeat(500) }).length, MAX_VDE_REQUEST);
  });
});

describe("what is no request is refused", () => {
  const wrong: [string, (bytes: Buffer) => void, string][] = [
    ["another magic number", (bytes) => bytes.writeUInt32LE(0xfeedfacd), "protocol"],
    ["version 2", (bytes) => bytes.writeUInt32LE(2, 4), "version"],
    ["version 4", (bytes) => bytes.writeUInt32LE(4, 4), "version"],
    ["a third kind of port", (bytes) => bytes.writeUInt32LE(2, 8), "protocol"],
    ["an address of another family", (bytes) => bytes.writeUInt16LE(2, 12), "protocol"],
    ["no path", (bytes) => bytes.fill(0, 14, 122), "protocol"],
    ["a relative path", (bytes) => bytes.write("x", 14), "protocol"],
  ];
  for (const [what, change, code] of wrong)
    test(what, () => {
      const bytes = vdeRequest("/run/x");
      change(bytes);
      assert.throws(() => read(bytes), { code });
    });
});

test("generated: a request may come in any pieces, and is not there before all of it is", () => {
  const cuts = fc.uniqueArray(fc.nat(121), { maxLength: 6 }).map((all) => all.sort((a, b) => a - b));
  check(
    fc.property(fc.constantFrom(1, 3), fc.nat(255), cuts, (version, port, places) => {
      const bytes = vdeRequest("/run/some/path", { version, port });
      const whole = version === 3 ? 122 : 124;
      const reader = new VdeRequestReader();
      let at = 0;
      for (const place of [...places, whole]) {
        const request = reader.feed(bytes.subarray(at, place));
        at = place;
        assert.equal(request === null, place < whole);
      }
    }),
  );
});

test("generated: whatever a client says is a request, is none yet, or is refused by name", () => {
  const begun = fc
    .tuple(fc.constantFrom(0, 1, 3), fc.uint8Array({ maxLength: 300 }))
    .map(([version, rest]) => {
      const head = vdeRequest("/x").subarray(0, 8);
      head.writeUInt32LE(version, 4);
      return Buffer.concat([head, rest]);
    });
  check(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), begun), (bytes) => {
      try {
        const request = read(bytes);
        assert.ok(request === null || (request.path.startsWith("/") && request.description.length <= 64));
      } catch (error) {
        assert.ok(error instanceof TapswitchError, `${error}`);
      }
    }),
  );
});

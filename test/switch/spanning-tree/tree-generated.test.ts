import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readBpdu } from "../../../src/frame/bpdu.js";
import { Choices, scripts } from "../../support/choices.js";
import { check } from "../../support/generated.js";
import { Forest } from "../../support/trees.js";

/** What an old message needs to die out, and two hellos: meanwhile bridges may believe in a root that is gone. */
const CONVERGED_S = 30;

test("generated topologies become trees, whatever is cut and plugged in", () => {
  check(
    fc.property(scripts(30), (script) => {
      const choices = Choices.from(script);
      const forest = new Forest();
      const bridges = 2 + choices.below(4);
      for (let count = 0; count < bridges; count++) forest.bridge(choices.of(0x8000, 0, 0x1000));
      for (let count = 1 + choices.below(6); count > 0; count--) {
        const one = choices.below(bridges);
        forest.cable(one, (one + 1 + choices.below(bridges - 1)) % bridges, {
          pathCost: choices.of(20_000, 2_000),
        });
      }
      for (let changes = choices.below(4); changes > 0; changes--) {
        const cable = choices.of(...forest.cables);
        forest.set(cable, !cable.up);
        forest.pass(choices.below(5));
      }
      for (let seconds = 0; seconds < CONVERGED_S && !forest.isTree; seconds++) forest.pass(1);
      assert.ok(forest.isTree);
    }),
  );
});

const octets = fc.uint8Array({ minLength: 38, maxLength: 60 });

test("generated BPDUs never make a bridge throw or talk without end", () => {
  check(
    fc.property(fc.array(octets, { maxLength: 12 }), (bodies) => {
      const forest = new Forest();
      forest.bridge();
      const ends = [forest.end(0), forest.end(0, { adminEdge: true }), forest.end(0)];
      for (const { port } of ends) forest.trees[0]!.enable(port, true);
      for (const [index, body] of bodies.entries()) {
        const [version, type] = [
          [2, 2],
          [0, 0],
          [0, 0x80],
        ][index % 3] as [number, number];
        const head = Buffer.from([
          0x01,
          0x80,
          0xc2,
          0,
          0,
          0,
          2,
          0,
          0,
          0,
          0,
          9,
          0,
          41,
          0x42,
          0x42,
          3,
          0,
          0,
          version,
          type,
        ]);
        const frame = Buffer.concat([head, body]);
        const bpdu = readBpdu(frame, 0, frame.length);
        if (bpdu !== null) forest.trees[0]!.receive(ends[body[0]! % 3]!.port, bpdu);
        forest.pass(body[1]! % 4);
      }
      assert.ok(ends.every(({ said }) => said.length < 600));
    }),
  );
});

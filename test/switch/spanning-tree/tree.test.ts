import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bpdu } from "../../../src/frame/bpdu.js";
import { type Cable, type End, Forest } from "../../support/trees.js";

const states = (...cables: Cable[]) => cables.map(({ ends }) => ends.map(({ state }) => state).join("-"));
const roles = (...cables: Cable[]) => cables.map(({ ends }) => ends.map(({ port }) => port.role).join("-"));
const OPEN = "forwarding-forwarding";

test("a bridge with end stations forwards after three seconds of silence", () => {
  const forest = new Forest();
  const end = forest.end(forest.bridge());
  forest.trees[0]!.enable(end.port, true);
  assert.equal(end.state, "discarding");
  forest.pass(3);
  assert.equal(end.state, "forwarding");
  assert.ok(end.port.operEdge);
});

test("an edge port forwards at once", () => {
  const forest = new Forest();
  const end = forest.end(forest.bridge(), { adminEdge: true });
  forest.trees[0]!.enable(end.port, true);
  assert.equal(end.state, "forwarding");
});

test("an edge port that hears a bridge is none", () => {
  const forest = new Forest();
  const cable = forest.cable(forest.bridge(), forest.bridge(), { adminEdge: true });
  assert.deepEqual(
    cable.ends.map(({ port }) => port.operEdge),
    [false, false],
  );
  forest.pass(1);
  assert.deepEqual(states(cable), [OPEN]);
});

test("two bridges agree at once, and the one with the lesser identifier is the root", () => {
  const forest = new Forest();
  const cable = forest.cable(forest.bridge(), forest.bridge(0x1000));
  forest.pass(1);
  assert.deepEqual(roles(cable), ["root-designated"]);
  assert.deepEqual(states(cable), [OPEN]);
  assert.ok(forest.trees[1]!.isRoot && !forest.trees[0]!.isRoot);
});

test("of two cables between two bridges one is blocked, at the bridge that is not the root", () => {
  const forest = new Forest();
  const [root, other] = [forest.bridge(0), forest.bridge()];
  const cables = [forest.cable(root, other), forest.cable(root, other)];
  forest.pass(2);
  assert.deepEqual(roles(...cables), ["designated-root", "designated-alternate"]);
  assert.deepEqual(states(cables[0]!), [OPEN]);
  assert.equal(cables[1]!.ends[1].state, "discarding");
});

for (const size of [3, 4, 7]) {
  test(`a ring of ${size} is cut in one place, within seconds`, () => {
    const forest = new Forest();
    const bridges = Array.from({ length: size }, () => forest.bridge());
    forest.ring(...bridges);
    forest.pass(3);
    assert.ok(forest.isTree);
  });
}

test("a ring that is cut opens its alternate port at once", () => {
  const forest = new Forest();
  const ring = forest.ring(forest.bridge(0), forest.bridge(), forest.bridge(), forest.bridge());
  forest.pass(5);
  for (const cable of ring) {
    forest.set(cable, false);
    forest.pass(2);
    assert.ok(forest.isTree);
    forest.set(cable, true);
    forest.pass(2);
    assert.ok(forest.isTree);
  }
});

test("the root is lost, and the others find another", () => {
  const forest = new Forest();
  const ring = forest.ring(forest.bridge(0), forest.bridge(0x1000), forest.bridge(), forest.bridge());
  forest.pass(5);
  for (const cable of [ring[0]!, ring[3]!]) forest.set(cable, false);
  forest.pass(6);
  assert.ok(forest.isTree);
  assert.ok(forest.trees[1]!.isRoot);
  assert.equal(forest.trees[3]!.rootPriority.root, forest.trees[1]!.id);
});

test("what is known of a silent neighbour ages out after three hellos", () => {
  const forest = new Forest();
  const cable = forest.cable(forest.bridge(0), forest.bridge());
  forest.pass(2);
  cable.up = false; // but both ends believe that it is up
  forest.pass(7);
  assert.ok(forest.trees[1]!.isRoot);
});

test("an end that hears itself is a backup of the other end", () => {
  const forest = new Forest();
  const bridge = forest.bridge();
  const cable = forest.cable(bridge, bridge);
  forest.pass(20);
  assert.deepEqual(roles(cable), ["designated-backup"]);
  assert.equal(cable.ends[1].state, "discarding");
});

test("a cheaper way becomes the way to the root", () => {
  const forest = new Forest();
  const [root, other] = [forest.bridge(0), forest.bridge()];
  const [dear, cheap] = [
    forest.cable(root, other, { pathCost: 200_000 }),
    forest.cable(root, other, { pathCost: 2_000 }),
  ];
  forest.pass(2);
  assert.deepEqual(roles(dear, cheap), ["designated-alternate", "designated-root"]);
});

test("addresses are forgotten where the topology changes, not at edge ports", () => {
  const forest = new Forest();
  const ring = forest.ring(forest.bridge(0), forest.bridge(), forest.bridge());
  const edge = forest.end(0, { adminEdge: true });
  forest.trees[0]!.enable(edge.port, true);
  forest.pass(10);
  const before = [...ring.flatMap(({ ends }) => ends), edge].map(({ flushes }) => flushes);
  forest.set(ring[0]!, false);
  forest.pass(4);
  const after = [...ring.flatMap(({ ends }) => ends), edge].map(({ flushes }) => flushes);
  const flushed = after.map((count, index) => count > before[index]!);
  assert.ok(flushed[4], "the way that led to all others");
  assert.equal(flushed.at(-1), false, "the edge port");
});

/** A neighbour that knows STP only, and is the root. */
function legacyRoot(): {
  forest: Forest;
  end: End;
  hello: (fields?: Partial<Extract<Bpdu, { root: string }>>) => void;
} {
  const forest = new Forest();
  const end = forest.end(forest.bridge());
  forest.trees[0]!.enable(end.port, true);
  const root = "0000020000009999";
  const flags = {
    tc: false,
    tcAck: false,
    proposal: false,
    agreement: false,
    learning: false,
    forwarding: false,
  };
  const times = { messageAge: 0, maxAge: 20, helloTime: 2, forwardDelay: 4 };
  const hello = (fields = {}): void => {
    forest.trees[0]!.receive(end.port, {
      ...{ type: "config", root, cost: 0, bridge: root, port: 0x8001, times, ...flags, role: "designated" },
      ...fields,
    });
  };
  return { forest, end, hello };
}

test("to a neighbour that knows STP only it speaks STP, and gives it time [802.1D-2004 17.4]", () => {
  const { forest, end, hello } = legacyRoot();
  const second = forest.end(0, { adminEdge: true });
  forest.trees[0]!.enable(second.port, true);
  forest.pass(3);
  for (let seconds = 0; seconds < 12; seconds += 2) {
    hello();
    forest.pass(2);
  }
  assert.ok(!end.port.sendRstp);
  assert.deepEqual([end.port.role, end.state], ["root", "forwarding"]);
  assert.ok(end.port.tcWhile > 0);
  hello({ tcAck: true });
  assert.equal(end.port.tcWhile, 0, "the acknowledgement ends it");
  end.said.length = 0;
  const third = forest.end(0, { autoEdge: false });
  forest.trees[0]!.enable(third.port, true);
  for (let seconds = 0; seconds < 30; seconds += 2) {
    hello();
    forest.pass(2);
  }
  assert.equal(third.state, "forwarding");
  assert.ok(
    end.said.some(({ type }) => type === "tcn"),
    "tells it of the change",
  );
});

test("a topology change notification is acknowledged", () => {
  const { forest, end } = legacyRoot();
  const tree = forest.trees[0]!;
  forest.pass(4);
  tree.receive(end.port, { type: "tcn" });
  forest.pass(40);
  assert.ok(!end.port.sendRstp);
  end.said.length = 0;
  tree.receive(end.port, { type: "tcn" });
  forest.pass(2);
  assert.ok(end.said.some((bpdu) => bpdu.type === "config" && bpdu.tcAck && bpdu.tc));
});

test("sends no more than six BPDUs in a second", () => {
  const { forest, end, hello } = legacyRoot();
  forest.pass(10);
  end.said.length = 0;
  for (let count = 0; count < 100; count++) {
    hello({ type: "rst", proposal: true, cost: count });
    forest.trees[0]!.receive(end.port, { type: "tcn" });
  }
  assert.ok(end.said.length <= 6, `${end.said.length}`);
});

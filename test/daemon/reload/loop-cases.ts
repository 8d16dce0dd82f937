/** Settings against loops that a running server takes over. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Reloadable } from "../../support/reloadable.js";

export const LOOP_CASES: Record<string, (t: TestContext) => Promise<void>> = {
  loopProbe: async (t) => {
    const one = await Reloadable.start(t, { loopProbe: false });
    assert.deepEqual(protocols(one), ["storm-control"]);
    await one.change({ loopProbe: true });
    assert.deepEqual(protocols(one), ["loop-probe", "storm-control"]);
    await one.change({ loopProbe: false });
    assert.deepEqual(protocols(one), ["storm-control"]);
  },
  stp: async (t) => {
    const one = await Reloadable.start(t, { loopProbe: false });
    await one.change({ stp: "rstp" });
    assert.deepEqual(protocols(one), ["spanning-tree", "storm-control"]);
    await one.change({ stp: "off" });
    assert.deepEqual(protocols(one), ["storm-control"]);
  },
  stpPriority: async (t) => treeAnew(t, { stpPriority: 4_096 }, "1000"),
  stpHello: async (t) => treeAnew(t, { stpHello: 1 }, "8000"),
  stpForwardDelay: async (t) => treeAnew(t, { stpForwardDelay: 4 }, "8000"),
};

function protocols(one: Reloadable): string[] {
  return Object.keys(one.server.network("default")!.switch.figures()).sort();
}

/** A change of the tree's settings, after which its bridge has this priority in what it sends. */
async function treeAnew(t: TestContext, change: Record<string, unknown>, priority: string): Promise<void> {
  const one = await Reloadable.start(t, { stp: "rstp", loopProbe: false });
  await one.change({ ...change, stp: "rstp" });
  const peer = await one.join();
  const [bpdu] = await peer.gotFrames(1);
  assert.equal(bpdu!.toString("hex", 22, 24), priority);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { FlowSender } from "../../../src/daemon/probe/flow-sender.js";

const FRAME = 1_024;

function make() {
  const sent: number[] = [];
  const state = { backlog: 0 };
  const options = { frameBytes: FRAME, send: (n: number) => sent.push(n), backlog: () => state.backlog };
  return { sent, state, sender: new FlowSender(options, 0) };
}

test("sends a first window, and what was acknowledged twice over while nothing is lost", () => {
  const { sent, sender } = make();
  sender.pump();
  assert.equal(sent.length, 256);
  sender.pump();
  assert.equal(sent.length, 256, "no more without an answer");
  sender.acked(256, 256, 10);
  sender.pump();
  assert.equal(sent.length, 256 + 512);
  assert.deepEqual(sent.slice(0, 3), [0, 1, 2]);
});

test("has less under way after a loss, once for all that one loss takes", () => {
  const { sender } = make();
  sender.pump();
  sender.acked(100, 99, 10);
  const after = sender.window;
  assert.ok(after < 262_144);
  sender.acked(120, 110, 11);
  assert.equal(sender.window, after);
  sender.acked(256, 246, 12);
  assert.ok(sender.window >= after, "and grows again");
});

test("waits where its own port has enough to send", () => {
  const { sent, state, sender } = make();
  state.backlog = 2_000_000;
  sender.pump();
  assert.equal(sent.length, 0);
});

test("never has more than 16 MiB under way, and always room for one frame", () => {
  const { sender } = make();
  for (let edge = 0; edge < 200_000; ) {
    sender.pump();
    edge = sender.sent;
    sender.acked(edge, edge, 0);
  }
  assert.equal(sender.window, 16 * 1_048_576);
  for (let round = 0; round < 50; round++) {
    sender.pump();
    sender.acked(sender.sent, sender.arrived, 0);
  }
  assert.equal(sender.window, 131_072);
});

test("gives up after three windows of which nothing is heard", () => {
  const { sent, sender } = make();
  for (let now = 0; now < 10_000; now += 50) {
    sender.tick(now);
    sender.pump();
  }
  assert.equal(sent.length, 256 + 128 + 128);
});

test("takes no word of frames that were never sent, nor old news", () => {
  const { sender } = make();
  sender.pump();
  sender.acked(1_000, 10, 0);
  sender.acked(10, 11, 0);
  assert.deepEqual([sender.arrived, sender.heardOf], [0, 0]);
  sender.acked(20, 20, 0);
  sender.acked(10, 10, 0);
  assert.deepEqual([sender.arrived, sender.heardOf], [20, 20]);
});

/** Settings of a listener or wire that make its ports worse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../support/clock.js";
import { frame, mac } from "../../support/peers.js";
import { TestServer } from "../../support/server.js";

test("sessions of a listener with loss join as ever, and their frames are lost and counted", async (t) => {
  const listen = ["tcp://127.0.0.1:0?loss=100%25&name=far", "tcp://127.0.0.1:0"];
  const one = await TestServer.start(t, { listen });
  const [far, near] = [await one.join({}, 0), await one.join({ name: "near" }, 1)];
  for (let salt = 0; salt < 5; salt++) far.send(frame({ from: mac(1), salt }));
  const lost = (): number => one.ports().find(({ name }) => name !== "near")!.counters.drops.loss;
  await eventually(() => lost() === 5, "five lost frames");
  near.send(frame({ from: mac(2) }));
  await eventually(() => lost() === 6, "one that was lost the other way");
  assert.deepEqual([far.frames, near.frames], [[], []]);
});

test("a delay is that of both ways", async (t) => {
  const one = await TestServer.start(t, { listen: ["tcp://127.0.0.1:0?delay=40ms", "tcp://127.0.0.1:0"] });
  const [far, near] = [await one.join({}, 0), await one.join({}, 1)];
  const begun = performance.now();
  near.send(frame({ from: mac(2) }));
  await far.gotFrames(1);
  assert.ok(performance.now() - begun >= 40);
  far.send(frame({ to: mac(2), from: mac(1) }));
  await near.gotFrames(1);
  assert.ok(performance.now() - begun >= 80);
});

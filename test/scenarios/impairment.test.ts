/** Ports behind bad cables, in time that the test moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ImpairedLink } from "../../src/link/impaired.js";
import type { Impairment } from "../../src/link/impairment.js";
import type { Link } from "../../src/link/link.js";
import type { Port } from "../../src/switch/port.js";
import { Switch } from "../../src/switch/switch.js";
import { FakeLink } from "../support/fake-link.js";
import { batchOf, frame, macOf } from "../support/frames.js";
import { ManualScheduler } from "../support/scheduler.js";

const [A, B] = [macOf(1), macOf(2)];

interface Site {
  readonly lan: Switch;
  readonly time: ManualScheduler;
  readonly good: FakeLink;
  readonly bad: FakeLink;
  readonly port: Port;
}

/** A switch with a good port, and one behind a bad cable. Each has been heard of. */
function site(impairment: Impairment): Site {
  const time = new ManualScheduler();
  const lan = new Switch({ name: "lan", clock: time });
  const [good, bad] = [new FakeLink(), new FakeLink()];
  lan.attach(good, { name: "good" });
  const cable = (link: Link): Link => new ImpairedLink(link, impairment, time);
  const port = lan.attach(bad, { name: "bad", cable });
  return { lan, time, good, bad, port };
}

test("what comes from behind a bad cable comes late, and what goes there, too", () => {
  const { time, good, bad, port } = site({ delayMs: 20 });
  const [question, answer] = [frame({ to: A, from: B }), frame({ to: B, from: A })];
  bad.deliver(batchOf(question).bytes);
  time.advance(19);
  assert.equal(good.frames.length, 0);
  assert.equal(port.counters.framesIn, 0);
  time.advance(1);
  assert.deepEqual(good.frames, [question]);
  good.deliver(batchOf(answer).bytes);
  time.advance(19);
  assert.equal(bad.frames.length, 0);
  time.advance(1);
  assert.deepEqual(bad.frames, [answer]);
});

test("what a bad cable loses is counted at its port", () => {
  const { time, good, bad, port } = site({ loss: 0.25, seed: 3 });
  for (let sent = 0; sent < 1_000; sent++) {
    good.deliver(batchOf(frame({ to: B, from: A })).bytes);
    bad.deliver(batchOf(frame({ to: A, from: B })).bytes);
  }
  time.advance(1);
  const { drops, framesIn, framesOut } = port.counters;
  assert.equal(framesOut, 1_000, "what the switch has sent");
  assert.equal(2_000 - bad.frames.length - framesIn, drops.loss);
  assert.equal(good.frames.length, framesIn);
  assert.ok(drops.loss > 400 && drops.loss < 600);
});

test("the port is of the link behind the cable, and down when that ends", () => {
  const { lan, bad, port } = site({ delayMs: 5 });
  assert.equal(port.link, bad);
  assert.equal(port.snapshot().kind, "fake");
  bad.close();
  assert.equal(port.link, null);
  const again = new FakeLink();
  lan.connect(port, again);
  assert.equal(port.link, again);
});

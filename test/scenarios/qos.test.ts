import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, batchOf, frame, macOf } from "../support/frames.js";
import { Lab } from "../support/topology.js";

/** A port whose link is busy, and another one that sends to it. */
function busy() {
  const lan = new Lab().switch();
  const [source, slow] = [new FakeLink(), new FakeLink()];
  lan.attach(source, { name: "source" });
  const port = lan.attach(slow, { name: "slow" });
  slow.answer = () => "full";
  source.deliver(batchOf(frame({ to: BROADCAST, from: macOf(9) })).bytes);
  return { source, slow, port };
}

/** Frames of one flow with this priority. */
function flow(host: number, priority: number, count: number): Buffer[] {
  const header = { to: BROADCAST, from: macOf(host), vlan: 5, priority };
  return Array.from({ length: count }, () => frame(header, 9_000));
}

test("of what waits for a busy port, voice leaves before everything else, and bulk last", () => {
  const { source, slow, port } = busy();
  const [bulk, data, voice] = [flow(1, 1, 20), flow(2, 0, 20), flow(3, 6, 5)];
  for (const one of [...bulk, ...data, ...voice]) source.deliver(batchOf(one).bytes);
  slow.answer = () => "done";
  slow.drain();
  const order = slow.frames.filter((one) => one.length > 60).map((one) => one[11]);
  assert.deepEqual(order.slice(0, 5), [3, 3, 3, 3, 3]);
  const half = order.slice(5, 25);
  assert.ok(half.filter((host) => host === 2).length >= 14, half.join());
  assert.equal(order.length, 45);
  assert.equal(port.counters.drops.queue, 0);
  for (const [host, sent] of [bulk, data, voice].entries())
    assert.deepEqual(
      slow.frames.filter((one) => one[11] === host + 1 && one.length > 60),
      sent,
    );
});

test("a port that keeps up sends in the order of arrival, whatever the marks", () => {
  const lan = new Lab().switch();
  const [source, fast] = [new FakeLink(), new FakeLink()];
  for (const link of [source, fast]) lan.attach(link, { name: "port" });
  const sent = [...flow(1, 1, 3), ...flow(2, 7, 3), ...flow(3, 0, 3)];
  source.deliver(batchOf(...sent).bytes);
  assert.deepEqual(fast.frames, sent);
});

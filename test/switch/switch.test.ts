import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Switch } from "../../src/switch/switch.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, batchOf, frame, macOf } from "../support/frames.js";
import { record } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const still = { now: () => 0 };

test("generated content of frames and offload headers never throws, and is passed, dropped or flooded", () => {
  const lan = new Switch({ name: "lan", clock: still, maxMacs: 50 });
  const links = [0, 0x7f, 0].map((offload) => new FakeLink({ offload, maxFrame: 1_514 }));
  const [from] = links.map((link) => lan.attach(link, { name: "port" }));
  let sent = 0;
  const payloads = fc.uint8Array({ minLength: 24, maxLength: 200, size: "max" });
  check(
    fc.property(fc.array(fc.tuple(fc.nat(1), payloads), { maxLength: 4 }), (frames) => {
      links[0]!.deliver(Buffer.concat(frames.map(([kind, payload]) => record(kind, payload))));
      sent += frames.length;
      assert.equal(from!.counters.framesIn, sent);
      assert.ok(lan.table.size <= 50);
    }),
  );
  const { malformed } = from!.counters.drops;
  assert.ok(malformed > 0 && malformed < sent, "both good and bad ones were made");
});

test("sends nothing for an empty batch", () => {
  const lan = new Switch({ name: "lan", clock: still });
  const links = [new FakeLink(), new FakeLink()];
  for (const link of links) lan.attach(link, { name: "port" });
  links[0]!.deliver(Buffer.alloc(0));
  assert.equal(links[1]!.sends, 0);
});

test("sends a run of frames to one port in one piece, uncopied", () => {
  const lan = new Switch({ name: "lan", clock: still });
  const [source, target] = [new FakeLink(), new FakeLink()];
  for (const link of [source, target]) lan.attach(link, { name: "port" });
  const frames = Array.from({ length: 64 }, () => frame({ to: BROADCAST, from: macOf(1) }));
  source.deliver(batchOf(...frames).bytes);
  assert.equal(target.sends, 1);
  assert.deepEqual(target.frames, frames);
});

test("reads the clock once for a batch", () => {
  let reads = 0;
  const lan = new Switch({ name: "lan", clock: { now: () => ++reads } });
  const link = new FakeLink();
  lan.attach(link, { name: "port" });
  reads = 0;
  link.deliver(batchOf(...Array.from({ length: 10 }, () => frame({ to: BROADCAST, from: macOf(1) }))).bytes);
  assert.equal(reads, 1);
});

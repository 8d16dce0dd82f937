import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropReason } from "../../src/frame/drop-reason.js";
import { RecordKind } from "../../src/frame/record.js";
import { ImpairedLink, LINE_BYTES } from "../../src/link/impaired.js";
import type { Impairment } from "../../src/link/impairment.js";
import { MemoryLink } from "../../src/link/memory.js";
import { type LinkUnderTest, linkContract } from "../contracts/link.contract.js";
import { FakeLink } from "../support/fake-link.js";
import { frame, mac, record, records, split } from "../support/peers.js";
import { ManualScheduler } from "../support/scheduler.js";

const IGNORED = {
  batch: () => undefined,
  drain: () => undefined,
  dropped: () => undefined,
  close: () => undefined,
};

function pair(impairment: Impairment): LinkUnderTest {
  const [link, other] = MemoryLink.pair();
  const frames: Buffer[] = [];
  other.start({
    ...IGNORED,
    batch: ({ bytes, start, end }) =>
      void frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload)),
  });
  return {
    link: new ImpairedLink(link, impairment),
    far: {
      send: (sent) => void other.send(records(...sent), 0, records(...sent).length),
      frames: () => frames,
      vanish: () => other.close(),
    },
    close: () => other.close(),
  };
}

linkContract("unimpaired", { make: async () => pair({}) });
linkContract("impaired", { make: async () => pair({ delayMs: 3, jitterMs: 3, rateBits: 4e9, seed: 5 }) });

class PausableLink extends FakeLink {
  override pause(): void {
    return;
  }
  override resume(): void {
    return;
  }
}

/** An impaired link over one that the test drives, in time that it moves. */
class Bench {
  readonly time = new ManualScheduler();
  readonly inner = new PausableLink();
  readonly link: ImpairedLink;
  readonly got: { readonly at: number; readonly frame: Buffer }[] = [];
  readonly lost: Partial<Record<DropReason, number>> = {};
  readonly ends: (Error | undefined)[] = [];
  #salt = 0;

  constructor(impairment: Impairment) {
    this.link = new ImpairedLink(this.inner, impairment, this.time);
    this.link.start({
      batch: ({ bytes, start, end }) => {
        for (const { payload } of split(bytes.subarray(start, end)).records)
          this.got.push({ at: this.time.now(), frame: payload });
      },
      drain: () => assert.fail("it is never full"),
      dropped: (reason, frames) => {
        this.lost[reason] = (this.lost[reason] ?? 0) + frames;
      },
      close: (error) => void this.ends.push(error),
    });
  }

  make(count: number, length = 60): Buffer[] {
    return Array.from({ length: count }, () => frame({ from: mac(3), length, salt: ++this.#salt }));
  }

  send(...frames: Buffer[]): void {
    const bytes = records(...frames);
    assert.equal(this.link.send(bytes, 0, bytes.length), "done");
    bytes.fill(0xee);
  }

  receive(...frames: Buffer[]): void {
    const bytes = records(...frames);
    this.inner.deliver(bytes);
    bytes.fill(0xee);
  }
}

test("a delay holds every frame back for as long, in both directions", () => {
  const bench = new Bench({ delayMs: 20 });
  const [first, second, third] = bench.make(3) as [Buffer, Buffer, Buffer];
  bench.send(first);
  bench.receive(second);
  bench.time.advance(10);
  bench.receive(third);
  bench.time.advance(9);
  assert.equal(bench.inner.frames.length, 0);
  assert.equal(bench.got.length, 0);
  bench.time.advance(1);
  assert.deepEqual(bench.inner.frames, [first]);
  bench.time.advance(100);
  assert.deepEqual(bench.got, [
    { at: 20, frame: second },
    { at: 30, frame: third },
  ]);
});

test("jitter spreads the delay within its bounds and keeps the order", () => {
  const bench = new Bench({ delayMs: 20, jitterMs: 15, seed: 1 });
  const sent = bench.make(500);
  for (const one of sent) {
    bench.receive(one);
    bench.time.advance(40); // so that no frame waits for the one before it
  }
  const delays = bench.got.map(({ at }, index) => at - 40 * index);
  assert.ok(Math.min(...delays) >= 5 && Math.max(...delays) <= 35);
  assert.ok(Math.min(...delays) < 7 && Math.max(...delays) > 33, "all of the range is used");
  const burst = new Bench({ delayMs: 20, jitterMs: 100, seed: 1 });
  const many = burst.make(2_000);
  for (const one of many) {
    burst.receive(one);
    burst.time.advance(1);
  }
  burst.time.advance(200);
  assert.deepEqual(
    burst.got.map((one) => one.frame),
    many,
  );
});

test("loses the share of frames that it is told to, the same ones for the same seed", () => {
  const lostOf = (
    seed: number,
  ): { readonly in: number[]; readonly out: number[]; readonly count: number } => {
    const bench = new Bench({ loss: 0.1, seed });
    const sent = bench.make(5_000);
    bench.send(...sent);
    bench.receive(...sent);
    const index = new Map(sent.map((one, at) => [one.toString("hex"), at]));
    const numbers = (frames: readonly Buffer[]): number[] =>
      frames.map((one) => index.get(one.toString("hex"))!);
    const [out, into] = [numbers(bench.inner.frames), numbers(bench.got.map((one) => one.frame))];
    assert.equal(bench.lost.loss, 10_000 - out.length - into.length);
    return { in: into, out, count: bench.lost.loss };
  };
  const [once, again, other] = [lostOf(7), lostOf(7), lostOf(8)];
  assert.ok(once.count > 800 && once.count < 1_200, String(once.count));
  assert.deepEqual(again, once);
  assert.notDeepEqual(other, once);
  assert.notDeepEqual(once.in, once.out, "each direction has luck of its own");
});

test("a rate spaces what leaves, leaves alone what comes, and drops what would wait too long", () => {
  const bench = new Bench({ rateBits: 8e5 }); // 100 bytes in a millisecond
  bench.send(...bench.make(3, 1_000));
  bench.receive(...bench.make(3, 1_000));
  assert.equal(bench.got.length, 3);
  assert.equal(bench.inner.frames.length, 0);
  for (const expected of [1, 2, 3]) {
    bench.time.advance(10);
    assert.equal(bench.inner.frames.length, expected);
  }
  bench.send(...bench.make(100, 1_000));
  assert.deepEqual(bench.lost, { queue: 74 }, "a quarter of a second and the frame that passes it");
  bench.time.advance(1_000);
  assert.equal(bench.inner.frames.length, 3 + 26);
});

test("a segment that is still to be divided is one record: delayed, slowed down and lost whole", () => {
  const bench = new Bench({ rateBits: 8e5 });
  const segment = record(RecordKind.offload, Buffer.concat([Buffer.alloc(10), Buffer.alloc(60_000, 7)]));
  assert.equal(bench.link.send(segment, 0, segment.length), "done");
  bench.time.advance(599);
  assert.equal(bench.inner.frames.length, 0);
  bench.time.advance(1);
  assert.equal(bench.inner.frames[0]!.length, 60_010);
  const lossy = new Bench({ loss: 1 });
  lossy.send(...lossy.make(2));
  lossy.link.send(segment, 0, segment.length);
  assert.deepEqual(lossy.lost, { loss: 3 });
});

test("what is on its way has a bound in each direction, and drops beyond it are counted", () => {
  const bench = new Bench({ delayMs: 1_000 });
  const batch = bench.make(100, 10_000);
  const fits = Math.floor(LINE_BYTES / 10_004);
  for (let sent = 0; sent < 1_000; sent += 100) bench.receive(...batch);
  assert.equal(bench.lost.queue, 1_000 - fits);
  for (let sent = 0; sent < 1_000; sent += 100) bench.send(...batch);
  assert.equal(bench.lost.queue, 2 * (1_000 - fits));
  bench.time.advance(1_000);
  assert.equal(bench.got.length, fits);
  assert.equal(bench.inner.frames.length, fits);
  bench.got.forEach(({ frame: one }, index) => {
    assert.ok(one.equals(batch[index % 100]!), `frame ${index}`);
  });
});

test("waits in its own memory while the link behind is busy", () => {
  const bench = new Bench({ delayMs: 5 });
  const sent = bench.make(6);
  bench.inner.answer = () => "full";
  bench.send(...sent.slice(0, 2));
  bench.time.advance(5);
  assert.ok(bench.inner.busy);
  bench.send(...sent.slice(2, 4));
  bench.time.advance(50);
  assert.equal(bench.inner.sends, 1, "not asked again before it drains");
  bench.inner.answer = () => "done";
  bench.inner.drain();
  bench.send(...sent.slice(4));
  bench.time.advance(5);
  assert.deepEqual(bench.inner.frames, sent);
});

test("hands nothing on while paused, and then what was due", () => {
  const bench = new Bench({ delayMs: 5 });
  const sent = bench.make(4);
  bench.receive(...sent.slice(0, 2));
  bench.link.pause();
  bench.time.advance(100);
  bench.receive(...sent.slice(2));
  bench.time.advance(2);
  assert.equal(bench.got.length, 0);
  bench.link.resume();
  assert.equal(bench.got.length, 0, "not from within the call");
  bench.time.advance(3);
  assert.deepEqual(
    bench.got.map((one) => one.frame),
    sent,
  );
});

test("what is on its way is lost with the link, and no call is left behind", () => {
  const bench = new Bench({ delayMs: 5 });
  bench.receive(...bench.make(3));
  bench.send(...bench.make(3));
  assert.equal(bench.time.waiting, 2);
  bench.link.close(new Error("enough"));
  assert.equal(bench.time.waiting, 0);
  bench.time.advance(100);
  assert.deepEqual([bench.got.length, bench.inner.frames.length], [0, 0]);
});

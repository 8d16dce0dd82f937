import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Coalescer } from "../../src/frame/coalesce.js";
import { Offload } from "../../src/frame/offload.js";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import {
  ACK,
  buildFrame,
  buildUnfinished,
  type FrameSpec,
  flow,
  layoutOf,
  noise,
  PSH,
  record,
  recordsOf,
  tcpSpec,
  vnetHeader,
} from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const coalescer = new Coalescer();
const view = new SegmentView();

/** Coalesces a batch, and fails if anything but as many bytes of the target as the batch has was touched. */
function coalesce(records: Buffer[]): Buffer {
  const batch = Buffer.concat([noise(3, 1), ...records]);
  const source = Buffer.concat([batch, noise(100, 2)]);
  const target = Buffer.alloc(batch.length + 64, 0xa5);
  const end = coalescer.coalesce(source, 3, batch.length, target, 7);
  assert.ok(end <= 7 + batch.length - 3, "the result is longer than the batch");
  assert.ok(
    target.subarray(0, 7).every((byte) => byte === 0xa5),
    "wrote before the target",
  );
  assert.ok(
    target.subarray(7 + batch.length - 3).every((byte) => byte === 0xa5),
    "wrote behind it",
  );
  assert.deepEqual(source.subarray(0, batch.length), batch, "the source was changed");
  return target.subarray(7, end);
}

function worthwhile(records: Buffer[]): boolean {
  const batch = Buffer.concat([noise(3, 1), ...records]);
  return coalescer.worthwhile(Buffer.concat([batch, records[0]!]), 3, batch.length);
}

/** Divides what was merged. */
function finishAll(bytes: Buffer): Buffer {
  const parts = recordsOf(bytes).map(({ kind, payload }) => {
    const whole = record(kind, payload);
    if (kind === 0) return whole;
    assert.ok(readSegment(whole, 0, whole.length, view), "a merged record must be valid");
    const target = Buffer.alloc(finishedBytes(view));
    finish(whole, 0, view, target, 0);
    return target;
  });
  return Buffer.concat(parts);
}

function assertUnchanged(records: Buffer[], why: string): void {
  assert.deepEqual(coalesce(records), Buffer.concat(records), why);
}

test("merges neighbouring segments of a flow into the segment they were", () => {
  for (const version of [4, 6] as const) {
    const spec = { version, tags: [0x8100], tcpOptions: 12, flags: ACK };
    const payload = Buffer.concat([noise(1000, 0), noise(1000, 1), noise(400, 2)]);
    const whole = tcpSpec({ ...spec, payload, flags: ACK | PSH });
    const { transport, payload: header } = layoutOf(whole);
    const expected = record(
      1,
      vnetHeader(1, version === 4 ? 1 : 4, header, 1000, transport, 16),
      buildUnfinished(whole),
    );
    const records = flow([1000, 1000, 400], spec, (each, index) => {
      if (index === 2) each.flags |= PSH;
    });
    assert.deepEqual(coalesce(records), expected);
    assert.ok(readSegment(expected, 0, expected.length, view));
    assert.equal(view.needs, Offload.csum | (version === 4 ? Offload.tso4 : Offload.tso6));
    assert.ok(worthwhile(records));
  }
});

test("keeps the order of all records, and the records between the runs as they are", () => {
  const arp = record(0, noise(42, 1));
  const one = flow([100, 100], { salt: 1 });
  const two = flow([50, 50, 50], { salt: 2 });
  const merged = coalesce([arp, ...one, arp, arp, ...two, arp]);
  assert.deepEqual(
    recordsOf(merged).map(({ kind }) => kind),
    [0, 1, 0, 0, 1, 0],
  );
  assert.deepEqual(finishAll(merged), Buffer.concat([arp, ...one, arp, arp, ...two, arp]));
});

test("merges only direct neighbours", () => {
  const [first, second] = flow([100, 100]);
  assertUnchanged([first!, record(0, noise(60, 1)), second!], "a frame between them");
});

test("leaves a frame alone unchanged", () => {
  assertUnchanged(flow([100]), "one frame");
  assertUnchanged([], "nothing");
  assert.equal(worthwhile(flow([100])), false);
});

test("ends a run behind a shorter segment and behind PSH, and begins another there", () => {
  const kinds = (records: Buffer[]) =>
    recordsOf(coalesce(records)).map(({ kind, payload }) => kind * 10_000 + payload.length);
  assert.deepEqual(kinds(flow([100, 40, 100, 100])), [10_000 + 76 + 140, 10_000 + 76 + 200]);
  const pushed = flow([100, 100, 100, 100], {}, (spec, index) => {
    if (index === 1) spec.flags |= PSH;
  });
  assert.deepEqual(kinds(pushed), [10_000 + 76 + 200, 10_000 + 76 + 200]);
  assert.deepEqual(kinds(flow([100, 101, 101])), [166, 10_000 + 76 + 202]);
});

test("passes a damaged frame unchanged, which ends the run", () => {
  const damaged = (at: number, which: number) => {
    const records = flow([100, 100, 100, 100, 100]);
    records[which]![at]! ^= 0x01;
    const merged = coalesce(records);
    assert.deepEqual(finishAll(merged), Buffer.concat(records));
    return recordsOf(merged).map(({ kind }) => kind);
  };
  for (const at of [150, 4 + 24, 4 + 50]) {
    assert.deepEqual(damaged(at, 2), [1, 0, 1], `byte ${at}`);
    assert.deepEqual(damaged(at, 0), [0, 1], `byte ${at}`);
    assert.deepEqual(damaged(at, 1), [0, 0, 1], `byte ${at}`);
    assert.deepEqual(damaged(at, 4), [1, 0], `byte ${at}`);
  }
});

test("merges at most 64 frames and at most 65,535 bytes of IP", () => {
  const counts = (records: Buffer[]) =>
    recordsOf(coalesce(records)).map(({ kind, payload }) => {
      const whole = record(kind, payload);
      return kind === 1 && readSegment(whole, 0, whole.length, view) ? view.segments : 1;
    });
  assert.deepEqual(counts(flow(new Array(130).fill(10))), [64, 64, 2]);
  assert.deepEqual(counts(flow(new Array(46).fill(1448))), [45, 1]);
  const room = 65_535 - 52;
  assert.deepEqual(counts(flow([40_000, room - 40_000])), [2]);
  assert.deepEqual(counts(flow([40_000, room - 39_999])), [1, 1]);
});

test("leaves records of kind 1 as they are", () => {
  const kept = record(1, vnetHeader(0, 0, 0, 0, 0, 0), flow([100])[0]!.subarray(4));
  assertUnchanged([kept, kept, ...flow([100])], "kind 1");
  assert.equal(worthwhile([kept, kept]), false);
});

test("says that a batch without two neighbours of one flow is not worthwhile", () => {
  assert.equal(worthwhile(flow([0, 0, 0])), false);
  assert.equal(worthwhile(flow([100, 100]).reverse()), false);
  assert.equal(worthwhile([record(0, noise(60, 1)), ...flow([100, 100])]), true);
});

test("passes a batch that ends inside a record", () => {
  const whole = Buffer.concat(flow([100, 100]));
  for (let length = 0; length < whole.length; length++) {
    const target = Buffer.alloc(length);
    assert.equal(coalescer.coalesce(whole, 0, length, target, 0), length);
    assert.deepEqual(target, whole.subarray(0, length));
  }
});

test("merges generated flows so that dividing them gives the same bytes", (context) => {
  let before = 0;
  let after = 0;
  check(
    fc.property(batches(), (records) => {
      const batch = Buffer.concat(records);
      const merged = coalesce(records);
      assert.deepEqual(finishAll(merged), batch);
      const count = recordsOf(merged).length;
      if (count < records.length) assert.ok(coalescer.worthwhile(batch, 0, batch.length));
      before += records.length;
      after += count;
    }),
  );
  context.diagnostic(`${before} records became ${after}`);
  assert.ok(after < before);
});

/** Interleaved flows of data, each a few segments at a time, between frames of other kinds and damaged ones. */
function batches(): fc.Arbitrary<Buffer[]> {
  const shape = fc.record({
    version: fc.constantFrom<4 | 6>(4, 6),
    tags: fc.array(fc.constantFrom(0x8100, 0x88a8), { maxLength: 2 }),
    tcpOptions: fc.constantFrom(0, 12, 20, 40),
    sequence: fc.oneof(fc.nat(0xffff), fc.constant(0xffff_f000)),
    id: fc.oneof(fc.nat(0xffff), fc.constant(0xfff0)),
    salt: fc.nat(0xffff),
  });
  const burst = fc.record({
    flow: fc.nat(2),
    size: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1448 })),
    count: fc.integer({ min: 1, max: 12 }),
    last: fc.nat(1448),
    push: fc.boolean(),
    damage: fc.option(fc.nat(400), { freq: 8 }),
    other: fc.option(fc.nat(100), { freq: 4 }),
  });
  const shapes = fc.array(shape, { minLength: 3, maxLength: 3 });
  return fc.tuple(shapes, fc.array(burst, { maxLength: 6 })).map(([flows, bursts]) => {
    const specs = flows.map((fields, index) => tcpSpec({ ...fields, salt: fields.salt * 3 + index }));
    return bursts.flatMap((each) => burstOf(specs[each.flow]!, each));
  });
}

interface Burst {
  size: number;
  count: number;
  last: number;
  push: boolean;
  damage: number | null;
  other: number | null;
}

/** The next segments of a flow, which it moves on by them. */
function burstOf(spec: FrameSpec, burst: Burst): Buffer[] {
  const records: Buffer[] = [];
  for (let index = 0; index < burst.count; index++) {
    const last = index === burst.count - 1;
    spec.payload = noise(last ? burst.last % (burst.size + 1) : burst.size, index);
    spec.flags = last && burst.push ? ACK | PSH : ACK;
    records.push(record(0, buildFrame(spec)));
    spec.sequence = (spec.sequence + spec.payload.length) % 2 ** 32;
    spec.id = (spec.id + 1) % 65_536;
  }
  if (burst.damage !== null) {
    const bytes = records[burst.damage % records.length]!;
    bytes[4 + (burst.damage % (bytes.length - 4))]! ^= 1 << (burst.damage % 8);
  }
  if (burst.other !== null) records.push(record(0, noise(14 + burst.other, burst.other)));
  return records;
}

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { errnoOf } from "../../src/errors.js";
import type { DropReason } from "../../src/frame/drop-reason.js";
import { ReplayLink, type ReplayOptions } from "../../src/link/replay.js";
import { type Packet, pcap, pcapng } from "../support/capture-files.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, split } from "../support/peers.js";
import { ManualScheduler } from "../support/scheduler.js";
import { temporaryFolder } from "../support/server.js";

const FORM = { little: true, nano: false };
const NOON = 1_700_000_000_000;
const SIZES = [14, 59, 60, 1_514, 9_014, 65_535, 69_632];

interface Replayed {
  readonly link: ReplayLink;
  readonly got: { readonly at: number; readonly frame: Buffer }[];
  readonly lost: Partial<Record<DropReason, number>>;
  readonly closes: (Error | undefined)[];
  readonly ends: [frames: number, skipped: number][];
}

async function replay(t: TestContext, file: Buffer, options: ReplayOptions): Promise<Replayed> {
  const path = join(temporaryFolder(t), "some.pcap");
  writeFileSync(path, file);
  const seen = { got: [], lost: {}, closes: [], ends: [] } as Omit<Replayed, "link">;
  const ended = (...said: [number, number]): void => void seen.ends.push(said);
  const link = await ReplayLink.open(path, { ended, ...options });
  t.after(() => link.close());
  link.start({
    batch: ({ bytes, start, end }) => {
      for (const { payload } of split(bytes.subarray(start, end)).records)
        seen.got.push({ at: options.time?.now() ?? 0, frame: payload });
      bytes.fill(0xee, start, end);
    },
    drain: () => assert.fail("a replay is never busy"),
    dropped: (reason, frames) => {
      seen.lost[reason] = (seen.lost[reason] ?? 0) + frames;
    },
    close: (error) => void seen.closes.push(error),
  });
  return { link, ...seen };
}

function packets(laterMs: number, lengths: readonly number[]): Packet[] {
  return lengths.map((length, salt) => ({ frame: frame({ length, salt }), timeMs: NOON + salt * laterMs }));
}

test("brings frames of all sizes in, pcap and pcapng, as fast as they can be read", async (t) => {
  for (const write of [pcap, pcapng]) {
    const sent = packets(1_000_000, [
      ...SIZES,
      ...Array.from({ length: 3_000 }, (_, at) => 14 + (at % 1_500)),
    ]);
    const { got, ends, closes, lost } = await replay(t, write(sent, FORM), { speed: 0 });
    await eventually(() => ends.length > 0, "the end");
    assert.deepEqual(ends, [[sent.length, 0]]);
    assert.deepEqual(
      got.map((one) => one.frame),
      sent.map((one) => one.frame),
    );
    assert.deepEqual([closes, lost], [[], {}], "it stays, so that it is not attached again");
  }
});

test("keeps the times of the capture, or goes faster by a factor", async (t) => {
  for (const speed of [1, 4]) {
    const time = new ManualScheduler();
    time.advance(77);
    const { got, ends } = await replay(t, pcap(packets(1_000, [60, 61, 62]), FORM), { speed, time });
    for (const expected of [1, 2]) {
      await eventually(() => got.length === expected && time.waiting === 1, `packet ${expected}`);
      time.advance(1_000 / speed - 1);
      await quiet(5);
      assert.equal(got.length, expected, "not a moment early");
      time.advance(1);
    }
    await eventually(() => ends.length === 1, "the end");
    assert.deepEqual(
      got.map(({ at }) => at - 77),
      [0, 1_000 / speed, 2_000 / speed],
    );
  }
});

test("begins again at the end where it is to loop, until it is closed", async (t) => {
  const { link, got, ends, closes } = await replay(t, pcap(packets(1, [60, 61]), FORM), {
    speed: 0,
    loop: true,
  });
  await eventually(() => got.length >= 10, "five rounds");
  assert.deepEqual(got[8]!.frame, got[0]!.frame);
  link.close();
  link.close();
  await eventually(() => closes.length > 0, "the end");
  const before = got.length;
  await quiet(20);
  assert.deepEqual([got.length, ends.length, closes], [before, 0, [undefined]]);
});

test("leaves out and counts what was cut short or is no frame", async (t) => {
  const sent = [
    { frame: frame({ length: 60 }), timeMs: NOON, length: 1_514 },
    { frame: frame({ length: 61 }), timeMs: NOON },
    { frame: frame({ length: 60 }).subarray(0, 13), timeMs: NOON },
    { frame: Buffer.alloc(69_633, 2), timeMs: NOON },
  ];
  const { got, ends, lost } = await replay(t, pcap(sent, FORM), {});
  await eventually(() => ends.length > 0, "the end");
  assert.deepEqual(ends, [[1, 3]]);
  assert.deepEqual(lost, { malformed: 2, oversize: 1 });
  assert.deepEqual(
    got.map((one) => one.frame),
    [sent[1]!.frame],
  );
});

test("hands nothing on while it is paused, and takes what is sent to it nowhere", async (t) => {
  const time = new ManualScheduler();
  const { link, got, ends } = await replay(t, pcap(packets(10, [60, 61, 62]), FORM), { time });
  await eventually(() => got.length === 1 && time.waiting === 1, "the first");
  link.pause();
  time.advance(10);
  await quiet(10);
  assert.equal(got.length, 1);
  assert.equal(link.send(), "done");
  link.resume();
  await eventually(() => got.length === 2 && time.waiting === 1, "the second");
  time.advance(10);
  await eventually(() => ends.length === 1, "the end");
});

test("says where the file is damaged further on, and falls silent or ends", async (t) => {
  const file = pcap(packets(0, [60, 61, 62]), FORM).subarray(0, -5);
  const told: unknown[] = [];
  const silent = await replay(t, file, { ended: (...said) => void told.push(...said) });
  await eventually(() => told.length > 0, "the end");
  assert.deepEqual(told.slice(0, 2), [2, 0]);
  assert.match(String(told[2]), /cannot replay '.*some.pcap': .* at byte 177: it ends in the middle/);
  assert.equal(silent.closes.length, 0);
  const ending = await replay(t, file, { ended: undefined as never });
  await eventually(() => ending.closes.length > 0, "the end");
  assert.match(String(ending.closes[0]), /at byte 177/);
});

test("does not begin again for ever with a file that holds no packet", async (t) => {
  const told: unknown[] = [];
  await replay(t, pcap([], FORM), { loop: true, ended: (...said) => void told.push(...said) });
  await eventually(() => told.length > 0, "the end");
  assert.match(String(told[2]), /it holds no packet/);
});

test("says why a file cannot be replayed", async (t) => {
  const folder = temporaryFolder(t);
  const refused = async (path: string, code: string, text: RegExp): Promise<void> => {
    await assert.rejects(ReplayLink.open(path), (error) => {
      assert.equal(errnoOf(error), code);
      assert.match(String(error), text);
      return true;
    });
  };
  await refused(join(folder, "none.pcap"), "missing", /none.pcap' \(ENOENT\): there is no such file/);
  await refused(folder, "missing", /\(EISDIR\)/);
  const path = join(folder, "some.txt");
  writeFileSync(path, "no capture at all, but long enough to be one");
  await refused(path, "usage", /some.txt': the capture cannot be read at byte 0: it begins neither/);
  writeFileSync(path, pcap([], { ...FORM, linkType: 101 }));
  await refused(path, "usage", /link type 101 \(raw IP\) is not Ethernet/);
  writeFileSync(path, pcap([], FORM).subarray(0, 20));
  await refused(path, "usage", /it ends in the middle/);
});

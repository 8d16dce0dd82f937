import assert from "node:assert/strict";
import { test } from "node:test";
import { CoalesceRun } from "../../src/frame/coalesce-run.js";
import {
  ACK,
  buildFrame,
  buildUnfinished,
  CWR,
  FIN,
  flow,
  layoutOf,
  noise,
  PSH,
  record,
  SYN,
  slowSum,
  tcpSpec,
} from "../support/frames-offload.js";

const run = new CoalesceRun();

function opens(first: Buffer): boolean {
  return run.open(first, 0, first.length);
}

/** True if the second record continues a run that the first began. */
function continues(first: Buffer, second: Buffer): boolean {
  const bytes = Buffer.concat([first, second]);
  return run.open(bytes, 0, first.length) && run.continuesAt(bytes, first.length, bytes.length);
}

/** A copy of a record with some bits of one byte of its frame turned over. */
function flipped(bytes: Buffer, at: number, bits: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[4 + at]! ^= bits;
  return copy;
}

test("begins with TCP data that has ACK and no flag but PSH", () => {
  assert.ok(opens(flow([100])[0]!));
  assert.ok(opens(flow([1], { flags: ACK | PSH, version: 6 })[0]!));
  assert.equal(opens(flow([0])[0]!), false, "a pure ACK");
  assert.equal(opens(flow([100], { flags: 0 })[0]!), false, "no ACK");
  assert.equal(opens(flow([100], { protocol: "udp" })[0]!), false, "UDP");
  for (const flag of [FIN, SYN, 0x04, 0x20, 0x40, CWR]) {
    assert.equal(opens(flow([100], { flags: ACK | flag })[0]!), false, `flag ${flag}`);
  }
  assert.equal(opens(flipped(flow([100])[0]!, 46, 0x01)), false, "AE [RFC 9768]");
});

test("does not begin with options, extension headers, padding or another kind of record", () => {
  const [plain] = flow([100]);
  assert.equal(opens(flow([100], { ipOptions: 4 })[0]!), false);
  assert.equal(opens(flow([100], { version: 6, extensions: [{ type: 0, length: 8 }] })[0]!), false);
  assert.equal(opens(record(0, plain!.subarray(4), Buffer.alloc(2))), false);
  assert.equal(opens(record(1, plain!.subarray(4))), false);
  assert.equal(opens(record(0, noise(14, 1))), false);
});

test("does not begin with IPv4 that may be fragmented, or is", () => {
  const [plain] = flow([100]);
  assert.equal(opens(flipped(plain!, 20, 0x40)), false, "DF clear");
  assert.equal(opens(flipped(plain!, 20, 0x20)), false, "MF set");
  assert.equal(opens(flipped(plain!, 21, 0x01)), false, "an offset");
});

test("goes on where only lengths, ID, sequence and checksums differ", () => {
  for (const version of [4, 6] as const) {
    const [first, second] = flow([100, 60], { version, tags: [0x88a8, 0x8100] });
    assert.ok(continues(first!, second!));
    assert.equal(run.headerLength, layoutOf(tcpSpec({ version, tags: [0, 0] })).payload);
  }
  const [first, second] = flow([100, 100]);
  assert.ok(continues(first!, flipped(second!, 18, 0xff)), "any ID where DF is set");
  assert.ok(continues(first!, flipped(second!, 47, PSH)), "PSH");
});

test("goes on only where every other bit of the headers is the same", () => {
  // Total or payload length must be the frame's, so changing it alone ends a run too.
  const free = { 4: [18, 19, 24, 25, 50, 51], 6: [70, 71] };
  for (const version of [4, 6] as const) {
    const { transport, payload } = layoutOf(tcpSpec({ version }));
    const [first, second] = flow([100, 100], { version });
    for (let at = 0; at < payload; at++) {
      for (let bit = 1; bit < 256; bit *= 2) {
        const same = free[version].includes(at) || (at === transport + 13 && bit === PSH);
        assert.equal(
          continues(first!, flipped(second!, at, bit)),
          same,
          `IPv${version}, byte ${at}, bit ${bit}`,
        );
      }
    }
  }
});

test("goes on only with the next sequence number, past 2^32 too", () => {
  const [first, second, third] = flow([100, 100, 100], { sequence: 0xffff_ff9c });
  assert.ok(continues(first!, second!));
  assert.ok(continues(second!, third!));
  assert.equal(continues(first!, third!), false, "a gap");
  assert.equal(continues(second!, first!), false, "reversed");
  assert.equal(continues(first!, first!), false, "a repetition");
});

test("ends behind a shorter frame and behind PSH, and before a longer frame", () => {
  const [first, second, third] = flow([100, 60, 60]);
  const bytes = Buffer.concat([first!, second!, third!]);
  const at = first!.length + second!.length;
  assert.ok(continues(first!, second!));
  run.append(bytes, first!.length + 4, second!.length - 4);
  assert.equal(run.continuesAt(bytes, at, bytes.length), false);
  assert.equal(continues(flow([100, 100], { flags: ACK | PSH })[0]!, flow([100, 100])[1]!), false);
  const longer = flow([100, 101]);
  assert.equal(continues(longer[0]!, longer[1]!), false);
});

test("finds any flipped bit that a checksum covers", () => {
  for (const version of [4, 6] as const) {
    const [plain] = flow([33], { version });
    const { ip } = layoutOf(tcpSpec({ version }));
    assert.ok(opens(plain!) && run.isIntact(plain!, 4, plain!.length));
    // Version, class, flow label, length, next header and hop limit of IPv6 are under no checksum.
    for (let at = version === 4 ? ip : ip + 8; at < plain!.length - 4; at++) {
      const damaged = flipped(plain!, at, 0x04);
      assert.equal(run.isIntact(damaged, 4, damaged.length), false, `IPv${version}, byte ${at}`);
    }
  }
});

test("takes a checksum of 0xffff, which division would write as zero, for no intact one", () => {
  const spec = tcpSpec({ payload: Buffer.alloc(20) });
  const { transport } = layoutOf(spec);
  spec.payload.writeUInt16BE(0xffff - slowSum(buildUnfinished(spec).subarray(transport)));
  const bytes = record(0, buildFrame(spec));
  assert.equal(bytes.readUInt16BE(4 + transport + 16), 0);
  assert.ok(opens(bytes) && run.isIntact(bytes, 4, bytes.length));
  bytes.writeUInt16BE(0xffff, 4 + transport + 16);
  assert.equal(run.isIntact(bytes, 4, bytes.length), false);
});

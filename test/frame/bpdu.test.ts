import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bpdu, bridgeId, isBpdu, readBpdu, type SentRole, writeBpdu } from "../../src/frame/bpdu.js";
import { parseMac } from "../../src/frame/mac.js";
import { check } from "../support/generated.js";

const FROM = parseMac("02:00:00:00:00:02");
const times = (messageAge: number) => ({ messageAge, maxAge: 20, helloTime: 2, forwardDelay: 15 });
const NO_FLAGS = {
  tc: false,
  tcAck: false,
  proposal: false,
  agreement: false,
  learning: false,
  forwarding: false,
};

/** As the kernel's bridge sends it with `stp_state 1`: a root that says so. */
const KERNEL_CONFIG =
  "0180c2000000 020000000002 0026 424203 0000 00 00 00 8000020000000001 00000000 8000020000000001 8001 0000 1400 0200 0f00";
/** A proposal of a designated port. */
const PROPOSAL =
  "0180c2000000 020000000002 0027 424203 0000 02 02 0e 8000020000000001 00004e20 9000020000000002 8002 0100 1400 0200 0f00 00";

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}

function read(frame: Buffer): Bpdu | null {
  return readBpdu(frame, 0, frame.length);
}

test("reads the configuration BPDU of a Linux bridge", () => {
  assert.deepEqual(read(bytesOf(KERNEL_CONFIG)), {
    ...{ type: "config", root: "8000020000000001", cost: 0, bridge: "8000020000000001", port: 0x8001 },
    ...{ times: times(0), ...NO_FLAGS, role: "designated" },
  });
});

test("reads an RST BPDU that proposes [802.1D-2004 9.3.3]", () => {
  assert.deepEqual(read(bytesOf(PROPOSAL)), {
    ...{ type: "rst", root: "8000020000000001", cost: 20_000, bridge: "9000020000000002", port: 0x8002 },
    ...{ times: times(1), ...NO_FLAGS, role: "designated", proposal: true },
  });
});

test("writes them byte for byte, padded to a frame of 60", () => {
  for (const hex of [KERNEL_CONFIG, PROPOSAL, "0180c2000000 020000000002 0007 424203 0000 00 80"]) {
    const expected = Buffer.alloc(60);
    bytesOf(hex).copy(expected);
    assert.equal(writeBpdu(FROM, read(expected)!).toString("hex"), expected.toString("hex"));
  }
});

test("takes an RST BPDU of unknown role for a configuration message", () => {
  const frame = bytesOf(PROPOSAL);
  frame[21] = 0x72; // proposal, learning, forwarding, agreement, role 0
  const bpdu = read(frame);
  assert.ok(bpdu?.type === "rst");
  assert.deepEqual([bpdu.role, bpdu.proposal, bpdu.agreement], ["designated", false, false]);
});

test("refuses a configuration BPDU that is as old as it may be [802.1D-2004 9.3.4]", () => {
  const frame = bytesOf(KERNEL_CONFIG);
  frame.writeUInt16BE(20 * 256, 44);
  assert.equal(read(frame), null);
});

test("refuses what is cut at any byte", () => {
  for (const hex of [KERNEL_CONFIG, PROPOSAL]) {
    const whole = bytesOf(hex);
    for (let length = 0; length < whole.length; length++) assert.equal(read(whole.subarray(0, length)), null);
  }
});

test("refuses another protocol, an older RST version and another LLC header", () => {
  for (const [at, value] of [
    [14, 0xaa],
    [18, 1],
    [19, 1],
    [20, 3],
  ] as const) {
    const frame = bytesOf(PROPOSAL);
    frame[at] = value;
    assert.equal(read(frame), null, `octet ${at}`);
  }
});

test("identifiers compare as numbers of 64 bits would", () => {
  const ids = [bridgeId(0x1000, parseMac("ff:ff:ff:ff:ff:fe")), bridgeId(0x8000, FROM)];
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(ids[1], "8000020000000002");
});

const seconds = fc.nat(0xffff).map((ticks) => ticks / 256);
const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16).padStart(16, "0"));
const anyRst = fc.record(
  {
    type: fc.constant("rst" as const),
    root: id,
    cost: fc.nat(0xffff_ffff),
    bridge: id,
    port: fc.nat(0xffff),
    times: fc.record(
      { messageAge: seconds, maxAge: seconds, helloTime: seconds, forwardDelay: seconds },
      { noNullPrototype: true },
    ),
    tc: fc.boolean(),
    tcAck: fc.constant(false),
    role: fc.constantFrom<SentRole>("alternate", "root", "designated"),
    proposal: fc.boolean(),
    agreement: fc.boolean(),
    learning: fc.boolean(),
    forwarding: fc.boolean(),
  },
  { noNullPrototype: true },
);

test("generated RST BPDUs read as they were written", () => {
  check(fc.property(anyRst, (bpdu) => assert.deepEqual(read(writeBpdu(FROM, bpdu)), bpdu)));
});

test("generated changes and cuts of a BPDU read within the frame, or not at all", () => {
  const change = fc.tuple(fc.nat(59), fc.nat(255));
  check(
    fc.property(anyRst, fc.array(change, { maxLength: 4 }), fc.nat(60), (bpdu, changes, cut) => {
      const frame = writeBpdu(FROM, bpdu);
      for (const [at, value] of changes) frame[at] = value;
      const shown = read(frame.subarray(0, cut));
      if (shown === null) return;
      assert.ok(isBpdu(frame, 0, cut));
      if (shown.type !== "tcn") assert.match(shown.root + shown.bridge, /^[0-9a-f]{32}$/);
    }),
  );
});

test("generated noise behind the address of bridges never throws", () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
      const frame = Buffer.concat([bytesOf("0180c2000000 020000000002 0027 424203"), noise]);
      readBpdu(frame, 0, frame.length);
      readBpdu(noise, 0, noise.length);
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { flowHash } from "../../src/frame/flow-hash.js";

const MACS = "02000000000202000000000108";

/** An IPv4 frame with these fields, and a payload that differs each time. */
function ipv4(
  fields: { ports?: string; protocol?: string; fragment?: string; last?: number },
  tag = "",
): Buffer {
  const { ports = "1f90a000", protocol = "06", fragment = "4000", last = 0 } = fields;
  const type = tag === "" ? "0800" : `8100${tag}0800`;
  const header = `45000054${"1234"}${fragment}40${protocol}00000a0000010a000002`;
  return Buffer.from(
    `${MACS.slice(0, 24)}${type}${header}${ports}${"00".repeat(60)}${last.toString(16).padStart(2, "0")}`,
    "hex",
  );
}

function hash(frame: Buffer): number {
  return flowHash(frame, 0, frame.length);
}

test("gives all frames of a connection the same number", () => {
  assert.equal(hash(ipv4({ last: 1 })), hash(ipv4({ last: 2 })));
});

test("tells connections between the same hosts apart by their ports", () => {
  assert.notEqual(hash(ipv4({ ports: "1f90a000" })), hash(ipv4({ ports: "1f90a001" })));
});

test("takes no notice of what stands in a port's place in other protocols", () => {
  assert.equal(
    hash(ipv4({ protocol: "01", ports: "08001111" })),
    hash(ipv4({ protocol: "01", ports: "08002222" })),
  );
});

test("keeps the fragments of a packet together, the first one too", () => {
  const first = ipv4({ fragment: "2000", ports: "1f90a000" });
  const second = ipv4({ fragment: "20b9", ports: "deadbeef" });
  assert.equal(hash(first), hash(second));
});

test("looks behind a VLAN tag", () => {
  assert.notEqual(hash(ipv4({ ports: "1f90a000" }, "0064")), hash(ipv4({ ports: "1f90a001" }, "0064")));
});

test("tells IPv6 connections apart, and hosts that speak something else", () => {
  const ipv6 = (port: string): Buffer =>
    Buffer.from(
      `${MACS.slice(0, 24)}86dd600000000014${"06"}40${"fd".repeat(16)}${"fe".repeat(16)}${port}0050${"00".repeat(40)}`,
      "hex",
    );
  assert.notEqual(hash(ipv6("1000")), hash(ipv6("1001")));
  const other = Buffer.from(`${MACS.slice(0, 24)}88b5${"00".repeat(46)}`, "hex");
  const moved = Buffer.from(other);
  moved[11] = 9;
  assert.notEqual(hash(other), hash(moved));
});

test("reads nothing beyond a frame that is cut short at any byte", () => {
  const whole = ipv4({});
  for (let length = 14; length < whole.length; length++) {
    const cut = Buffer.concat([whole.subarray(0, length), Buffer.from("ff".repeat(64), "hex")]);
    const other = Buffer.concat([whole.subarray(0, length), Buffer.from("00".repeat(64), "hex")]);
    assert.equal(flowHash(cut, 0, length), flowHash(other, 0, length));
  }
});

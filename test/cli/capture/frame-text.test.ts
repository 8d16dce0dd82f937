import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frameText } from "../../../src/cli/capture/frame-text.js";
import { Choices, scripts } from "../../support/choices.js";
import { arpRequest, bpdu, frame, macOf, udp } from "../../support/frames.js";
import { anyFrame, damaged } from "../../support/frames-any.js";
import { largeRecord, SYN, tcpSpec } from "../../support/frames-offload.js";
import { check } from "../../support/generated.js";

const header = { to: macOf(2), from: macOf(1) };
const MACS = "02:00:00:00:00:01 > 02:00:00:00:00:02, ";

test("says who speaks to whom, and about what", () => {
  assert.equal(frameText(udp(header, "hello")), `${MACS}10.0.0.1:5001 > 10.0.0.2:5001 udp`);
  assert.equal(
    frameText(udp({ ...header, vlan: 7 }, "hello")),
    `${MACS}vlan 7, 10.0.0.1:5001 > 10.0.0.2:5001 udp`,
  );
  assert.match(frameText(arpRequest(macOf(1), "10.0.0.9")), /, arp who-has 10\.0\.0\.9 tell 10\.0\.0\.1$/);
  assert.equal(frameText(frame(header)), `${MACS}ethertype 0x88b5`);
  assert.match(frameText(bpdu(macOf(1))), / > 01:80:c2:00:00:00, 802\.3$/);
  assert.equal(frameText(frame(header).subarray(0, 13)), "too short");
});

test("shows the flags of TCP, and IPv6 addresses with their ports in brackets", () => {
  const syn = largeRecord(tcpSpec({ version: 6, flags: SYN, payload: Buffer.alloc(100) }), 50).subarray(14);
  assert.match(frameText(syn), /, \[[0-9a-f:]+\]:\d+ > \[[0-9a-f:]+\]:\d+ tcp \[S\]$/);
});

test("says something harmless of any generated frame, whole or damaged", () => {
  check(
    fc.property(scripts(60), (script) => {
      const choices = Choices.from(script);
      assert.match(frameText(damaged(anyFrame(choices, { everything: true }), choices)), /^[\x20-\x7e]+$/);
    }),
  );
});

/**
 * What a raw peer is sent, whatever the switch is given and whatever the process would like to tell: frames of kind 0
 * of a length that QEMU and passt take, and not one byte beside them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StreamLink } from "../../src/link/stream.js";
import { RAW_MAX_FRAME, Session } from "../../src/session/session.js";
import { Switch } from "../../src/switch/switch.js";
import { ManualClock } from "../support/clock.js";
import { largeRecord, segments } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import { FedSocket, record } from "../support/peers.js";
import { RawWatch } from "../support/raw-watch.js";

const length = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 14, max: 1_600 }) },
  { weight: 4, arbitrary: fc.constantFrom(14, 15, 59, 60, 1_514, 9_014) },
  { weight: 1, arbitrary: fc.constantFrom(65_534, 65_535, 65_536, 69_631, 69_632) },
);
/** Destination and source are right often enough to get somewhere; the rest is anything. */
const head = fc.tuple(
  fc.constantFrom(0x02, 0xff, 0x33),
  fc.nat(3),
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
);
const frame = fc.tuple(length, head).map(([bytes, [first, source, type]]) => {
  const made = Buffer.alloc(bytes);
  made[0] = first;
  made.set([2, 0, 0, 0, 0, source + 1], 6);
  made.set(type.subarray(0, Math.min(4, bytes - 12)), 12);
  return record(0, made);
});
const large = segments().map(({ spec, gsoSize }) => largeRecord(spec, gsoSize));
const batch = fc.array(fc.oneof({ weight: 4, arbitrary: frame }, { weight: 1, arbitrary: large }), {
  minLength: 1,
  maxLength: 5,
});
const telling = fc.subarray(["ping", "tell"] as const);

test("generated frames, segments and messages reach a raw peer as frames of kind 0 and of a length it takes", () => {
  let records = 0;
  check(
    fc.property(
      fc.array(batch, { minLength: 1, maxLength: 2 }),
      telling,
      fc.nat(1),
      (batches, tells, vlan) => {
        const clock = new ManualClock();
        const lan = new Switch({ name: "test", clock });
        const from = lan.attach(null, { name: "from" });
        const rules = vlan === 1 ? { accessVlan: 7 } : {};
        const [guest, wire] = [new FedSocket(), new FedSocket()];
        const session = new Session(new StreamLink(guest.open, { kind: "unix", peer: "vm" }), { clock });
        lan.attach(session, { name: "session", ...rules });
        const capabilities = { maxFrame: RAW_MAX_FRAME };
        lan.attach(new StreamLink(wire.open, { kind: "unix", peer: "wire", capabilities }), {
          name: "wire",
          ...rules,
        });
        for (const parts of batches) {
          const bytes = Buffer.concat(parts);
          lan.receive(from, { bytes, start: 0, end: bytes.length }, clock.now());
          if (tells.includes("ping")) session.ping();
          if (tells.includes("tell")) session.tell({ mtu: 9_000 });
        }
        session.bye("kicked", "an administrator has ended this connection");
        for (const { written } of [guest, wire]) {
          const watch = new RawWatch();
          for (const chunk of written) watch.feed(chunk);
          assert.deepEqual(watch.faults, []);
          assert.ok(watch.isWhole);
          records += watch.records;
        }
      },
    ),
  );
  assert.ok(records > 0, "some got through");
});

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
import { check, seed } from "../support/generated.js";
import { FedSocket, record } from "../support/peers.js";
import { RawWatch } from "../support/raw-watch.js";

const length = fc.oneof(
  { weight: 60, arbitrary: fc.integer({ min: 14, max: 1_600 }) },
  { weight: 20, arbitrary: fc.constantFrom(14, 15, 59, 60, 1_514, 9_014) },
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
/** Made once: their checksums are dear. */
const LARGE = fc
  .sample(segments(), { numRuns: 64, seed })
  .map(({ spec, gsoSize }) => largeRecord(spec, gsoSize));
const large = fc.constantFrom(...LARGE);
const batch = fc.array(fc.oneof({ weight: 12, arbitrary: frame }, { weight: 1, arbitrary: large }), {
  minLength: 1,
  maxLength: 3,
});
const telling = fc.subarray(["ping", "tell"] as const);

/** Is done with what is written at once, so that buffers go round within one turn of the event loop. */
class QuickSocket extends FedSocket {
  override write(bytes: Uint8Array, done?: () => void): boolean {
    this.written.push(Buffer.from(bytes));
    done?.();
    return true;
  }
}

/** A switch with raw peers of each make, with and without a VLAN of their own. */
function rawPeers() {
  const clock = new ManualClock();
  const lan = new Switch({ name: "test", clock });
  const from = lan.attach(null, { name: "from" });
  const capabilities = { maxFrame: RAW_MAX_FRAME };
  const sessions: Session[] = [];
  const ends = [{}, { accessVlan: 7 }].flatMap((rules) => {
    const [guest, wire] = [new QuickSocket(), new QuickSocket()];
    const session = new Session(new StreamLink(guest.open, { kind: "unix", peer: "vm" }), { clock });
    sessions.push(session);
    lan.attach(session, { name: "session", ...rules });
    lan.attach(new StreamLink(wire.open, { kind: "unix", peer: "wire", capabilities }), {
      name: "wire",
      ...rules,
    });
    return [guest, wire].map((socket) => ({ socket, watch: new RawWatch() }));
  });
  const receive = (bytes: Buffer): void =>
    lan.receive(from, { bytes, start: 0, end: bytes.length }, clock.now());
  return { receive, sessions, ends };
}

test("generated frames, segments and messages reach a raw peer as frames of kind 0 and of a length it takes", () => {
  const { receive, sessions, ends } = rawPeers();
  check(
    fc.property(batch, telling, (parts, tells) => {
      receive(Buffer.concat(parts));
      for (const session of sessions) {
        if (tells.includes("ping")) session.ping();
        if (tells.includes("tell")) session.tell({ mtu: 9_000 });
      }
      for (const { socket, watch } of ends) {
        for (const chunk of socket.written.splice(0)) watch.feed(chunk);
        assert.deepEqual(watch.faults, []);
        assert.ok(watch.isWhole);
      }
    }),
  );
  for (const session of sessions) session.bye("kicked", "an administrator has ended this connection");
  for (const { socket, watch } of ends) {
    assert.deepEqual(socket.written, [], "nothing is said at the end either");
    assert.ok(watch.records > 0 && watch.shortest >= 14 && watch.longest <= RAW_MAX_FRAME);
  }
});

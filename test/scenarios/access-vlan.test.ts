import assert from "node:assert/strict";
import { test } from "node:test";
import type { SwitchOptions } from "../../src/switch/switch.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, bpdu, ethernet, frame, macOf } from "../support/frames.js";
import {
  buildFrame,
  largeRecord,
  layoutOf,
  noise,
  record,
  tcpSpec,
  vnetHeader,
} from "../support/frames-offload.js";
import { Lab } from "../support/topology.js";

/** Ann and amy have access to VLAN 5, bob to VLAN 6; olaf and otto have ordinary ports. */
function house(options: Partial<SwitchOptions> = {}) {
  const lab = new Lab();
  const lan = lab.switch(options);
  const [ann, amy] = ["ann", "amy"].map((name) => lab.host(name, lan, { vlans: { access: 5 } }));
  const bob = lab.host("bob", lan, { vlans: { access: 6 } });
  return { lab, lan, ann: ann!, amy: amy!, bob, ...lab.hosts(lan, "olaf", "otto") };
}

/** The frame with a tag of this control information put in. */
function tagged(untagged: Buffer, control: number): Buffer {
  const tag = Buffer.of(0x81, 0x00, control >>> 8, control & 0xff);
  return Buffer.concat([untagged.subarray(0, 12), tag, untagged.subarray(12)]);
}

test("floods a frame from an access port untagged within its VLAN, and tagged to ordinary ports", () => {
  const { ann, amy, bob, olaf, otto } = house();
  for (const size of [14, 60, 1_514, 20_000]) {
    const sent = frame({ to: BROADCAST, from: ann }, size);
    ann.sends(sent);
    amy.got(sent);
    for (const host of [olaf, otto]) host.got(tagged(sent, 5));
    bob.got();
  }
});

test("takes the tag of the VLAN off towards its access ports", () => {
  const { ann, amy, bob, olaf, otto } = house();
  const plain = frame({ to: BROADCAST, from: olaf });
  const sent = tagged(plain, 0xe005);
  olaf.sends(sent);
  for (const host of [ann, amy]) host.got(plain);
  otto.got(sent);
  bob.got();
  assert.equal(bob.port.counters.drops.vlan, 0, "it is no loss that a flood stays in its VLAN");
});

test("keeps untagged frames of ordinary ports, and those of other VLANs, from access ports", () => {
  const { olaf, otto } = house();
  olaf.sends(frame({ to: BROADCAST, from: olaf })).reaches(otto);
  olaf.sends(frame({ to: BROADCAST, from: olaf, vlan: 0, priority: 3 })).reaches(otto);
  olaf.sends(frame({ to: BROADCAST, from: olaf, vlan: 7 })).reaches(otto);
});

test("learns in the VLAN, so that unicast finds its way in either form", () => {
  const { ann, amy, olaf, otto, lan } = house();
  amy.announces();
  otto.announces(5);
  ann.sends(frame({ to: amy, from: ann })).reaches(amy);
  const up = frame({ to: otto, from: ann });
  ann.sends(up);
  otto.got(tagged(up, 5));
  olaf.got();
  const down = frame({ to: ann, from: otto });
  otto.sends(tagged(down, 5));
  ann.got(down);
  amy.got();
  assert.deepEqual(
    [...lan.table.entries(0)].map(({ vlan }) => vlan),
    [5, 5, 5],
  );
});

test("tells one address in two VLANs apart", () => {
  const { lan, ann, amy, bob, olaf } = house();
  const guest = macOf(200);
  amy.sends(frame({ to: BROADCAST, from: guest }));
  bob.sends(frame({ to: BROADCAST, from: guest }));
  ann.sends(frame({ to: guest, from: ann })).reaches(amy);
  const sent = frame({ to: guest, from: olaf });
  olaf.sends(tagged(sent, 6));
  bob.got(sent);
  assert.equal(lan.table.size, 4);
});

test("takes a priority tag, and hands its priority on where there is a tag to hold it", () => {
  const { ann, amy, bob, olaf } = house();
  const plain = frame({ to: BROADCAST, from: ann });
  ann.sends(tagged(plain, 0xb000));
  amy.got(plain);
  olaf.got(tagged(plain, 0xb005));
  bob.got();
});

test("takes the tag of its own VLAN, and drops every other one", () => {
  const { ann, amy, olaf } = house();
  const plain = frame({ to: BROADCAST, from: ann });
  ann.sends(tagged(plain, 5));
  amy.got(plain);
  olaf.got(tagged(plain, 5));
  for (const vlan of [1, 4, 6, 4_094, 4_095]) ann.sends(tagged(plain, vlan)).reachesNobody();
  assert.equal(ann.port.counters.drops.vlan, 5);
});

test("an inner tag stays where it is, whatever it says", () => {
  const { ann, amy, bob, olaf } = house();
  for (const outer of [0, 5]) {
    const inner = tagged(frame({ to: BROADCAST, from: ann }), 6);
    ann.sends(tagged(inner, outer));
    amy.got(inner);
    olaf.got(tagged(inner, 5));
    bob.got();
  }
  const service = ethernet({ to: BROADCAST, from: ann }, 0x88a8, Buffer.from([0, 6]), noise(50, 1));
  ann.sends(service);
  amy.got(service);
  olaf.got(tagged(service, 5));
});

test("a frame that ends within its tag is an untagged one", () => {
  const { ann, amy, olaf } = house();
  for (const size of [14, 15, 16, 17]) {
    const sent = frame({ to: BROADCAST, from: ann, vlan: 6 }, size);
    ann.sends(sent);
    amy.got(sent);
    olaf.got(tagged(sent, 5));
  }
});

test("BPDUs from an access port stay in its VLAN", () => {
  const { ann, amy, olaf, bob } = house();
  const sent = bpdu(ann);
  ann.sends(sent);
  amy.got(sent);
  olaf.got(tagged(sent, 5));
  bob.got();
});

test("a switch behind a trunk sees the tags, and its access ports do not", () => {
  const { lab, lan, ann } = house();
  const upstairs = lab.switch();
  lab.trunk(lan, upstairs);
  const eve = lab.host("eve", upstairs, { vlans: { access: 5 } });
  const fay = lab.host("fay", upstairs, { vlans: { access: 6 } });
  ann.announces();
  eve.sends(frame({ to: ann, from: eve })).reaches(ann);
  ann.sends(frame({ to: eve, from: ann })).reaches(eve);
  fay.got();
});

test("counts bytes as they are on each side, and a frame that the tag makes too long", () => {
  const { lab, lan, ann, amy, olaf } = house();
  const narrow = lab.host("narrow", lan, { maxFrame: 1_514 });
  ann.sends(frame({ to: BROADCAST, from: ann }, 1_514));
  assert.equal(amy.port.counters.bytesOut, 1_514);
  assert.equal(olaf.port.counters.bytesOut, 1_518);
  assert.equal(narrow.port.counters.drops.oversize, 1);
  narrow.got();
});

test("counts frames to a port without a link", () => {
  const { lan, ann } = house();
  const down = lan.attach(null, { name: "down" });
  ann.announces();
  assert.equal(down.counters.drops.device, 1);
});

test("refuses a number that no VLAN has", () => {
  const { lan } = house();
  for (const accessVlan of [0, 4_095, -1, 1.5, Number.NaN]) {
    assert.throws(() => lan.attach(null, { name: "port", vlans: { access: accessVlan } }), { code: "usage" });
  }
  assert.equal(lan.ports.length, 5);
});

/** Access ports in VLAN 5 with and without offloads, and ordinary ones. */
function mixed() {
  const lan = new Lab().switch();
  const [source, large, small] = [new FakeLink(), new FakeLink({ offload: 0x7f }), new FakeLink()];
  const [trunkLarge, trunkSmall] = [new FakeLink({ offload: 0x7f }), new FakeLink({ maxFrame: 1_600 })];
  const from = lan.attach(source, { name: "source", vlans: { access: 5 } });
  for (const link of [large, small]) lan.attach(link, { name: "access", vlans: { access: 5 } });
  for (const link of [trunkLarge, trunkSmall]) lan.attach(link, { name: "trunk" });
  return { lan, from, source, large, small, trunkLarge, trunkSmall };
}

test("moves the checksum of a large segment along, and divides it in either form", () => {
  const { source, large, small, trunkLarge, trunkSmall } = mixed();
  const spec = tcpSpec({ payload: noise(3_000, 1) });
  const sent = largeRecord(spec, 1_000);
  source.deliver(sent);
  assert.deepEqual(large.frames, [sent.subarray(4)]);
  assert.equal(small.frames.length, 3);
  assert.deepEqual(
    trunkSmall.frames,
    small.frames.map((one) => tagged(one, 5)),
  );
  const [record1] = trunkLarge.frames;
  assert.deepEqual(record1!.subarray(10), tagged(sent.subarray(14), 5));
  assert.equal(record1!.readUInt16LE(6), layoutOf(spec).transport + 4);
  const first = buildFrame({ ...spec, payload: spec.payload.subarray(0, 1_000) });
  assert.deepEqual(small.frames[0], first);
});

test("drops a segment whose checksum would be written over the tag", () => {
  const { lan, from, source, large, trunkLarge } = mixed();
  const plain = frame({ to: BROADCAST, from: macOf(9) });
  const over = (bytes: Buffer): Buffer => record(1, vnetHeader(1, 0, 0, 0, 14, 0), bytes);
  source.deliver(over(tagged(plain, 5)));
  source.deliver(over(tagged(plain, 0)));
  assert.equal(from.counters.drops.malformed, 2);
  const trunk = lan.ports.find((port) => port.link === trunkLarge)!;
  const access = lan.ports.find((port) => port.link === large)!;
  trunkLarge.deliver(over(tagged(plain, 5)));
  assert.equal(access.counters.drops.malformed, 1, "its tag cannot be taken off");
  assert.equal(trunk.counters.drops.malformed, 0);
  assert.deepEqual([...large.frames, ...trunkLarge.frames], []);
});

test("a frame whose type is where the checksum goes gets its tag in front of that", () => {
  const { source, trunkLarge, trunkSmall } = mixed();
  const sent = frame({ to: BROADCAST, from: macOf(9) });
  source.deliver(record(1, vnetHeader(1, 0, 0, 0, 14, 0), sent));
  assert.deepEqual(trunkLarge.frames[0]!.subarray(10), tagged(sent, 5));
  assert.equal(trunkSmall.frames[0]!.readUInt32BE(12), 0x81000005);
});

test("neighbouring frames leave an access port as one run, their tags taken off", () => {
  const { trunkLarge, small } = mixed();
  const frames = Array.from({ length: 100 }, () => frame({ to: BROADCAST, from: macOf(9) }, 1_000));
  trunkLarge.deliver(Buffer.concat(frames.map((one) => record(0, tagged(one, 5)))));
  assert.deepEqual(small.frames, frames);
  assert.ok(small.sends <= 2, `${small.sends} sends`);
});

test("a batch larger than the room for other forms comes out whole", () => {
  const { trunkLarge, small } = mixed();
  const frames = Array.from({ length: 20 }, () => frame({ to: BROADCAST, from: macOf(9) }, 60_000));
  trunkLarge.deliver(Buffer.concat(frames.map((one) => record(0, tagged(one, 5)))));
  assert.deepEqual(small.frames, frames);
});

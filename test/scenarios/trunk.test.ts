import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VlanSet } from "../../src/frame/vlan-set.js";
import type { VlanRule } from "../../src/switch/port-vlans.js";
import { Choices, scripts } from "../support/choices.js";
import { FakeLink } from "../support/fake-link.js";
import { arpRequest, BROADCAST, ethernet, frame, macOf } from "../support/frames.js";
import { largeRecord, layoutOf, noise, tcpSpec } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import { ORDINARY, type PlainPort, plainVlans } from "../support/plain-vlans.js";
import { type Host, Lab } from "../support/topology.js";

const C_TAG = 0x8100;
const S_TAG = 0x88a8;

/** The frame with this tag behind its addresses. */
function tagged(bytes: Buffer, vlan: number, { type = C_TAG, priority = 0 } = {}): Buffer {
  const control = (priority << 13) | vlan;
  const tag = Buffer.of(type >>> 8, type & 0xff, control >>> 8, control & 0xff);
  return Buffer.concat([bytes.subarray(0, 12), tag, bytes.subarray(12)]);
}

function trunk(set: string, native?: number): VlanRule {
  return { trunk: VlanSet.parse(set), ...(native === undefined ? {} : { native }) };
}

/** A lab with one host on each of these ports. */
function wired<Name extends string>(rules: Record<Name, VlanRule | undefined>) {
  const lab = new Lab();
  const lan = lab.switch();
  const hosts = Object.entries<VlanRule | undefined>(rules).map(
    ([name, vlans]) => [name, lab.host(name, lan, vlans === undefined ? {} : { vlans })] as const,
  );
  return { lab, lan, ...(Object.fromEntries(hosts) as Record<Name, Host>) };
}

test("a trunk carries the VLANs that it allows, tagged, and no other", () => {
  const { anna, ben, up } = wired({ anna: { access: 10 }, ben: { access: 20 }, up: trunk("10,30-40") });
  const sent = frame({ to: BROADCAST, from: anna });
  anna.sends(sent);
  up.got(tagged(sent, 10));
  ben.sends(frame({ to: BROADCAST, from: ben })).reachesNobody();
  up.sends(tagged(frame({ to: BROADCAST, from: up }), 20)).reachesNobody();
  assert.equal(up.port.counters.drops.vlan, 1);
  const down = frame({ to: anna, from: up });
  up.sends(tagged(down, 10));
  anna.got(down);
});

test("a trunk without a native VLAN refuses untagged and priority-tagged frames", () => {
  const { up, anna } = wired({ up: trunk("all"), anna: { access: 10 } });
  up.sends(frame({ to: BROADCAST, from: up })).reachesNobody();
  up.sends(frame({ to: BROADCAST, from: up, vlan: 0, priority: 5 })).reachesNobody();
  assert.equal(up.port.counters.drops.vlan, 2);
  anna.got();
});

test("the native VLAN is untagged on its trunk, in both directions, and may come tagged too", () => {
  const { up, anna, other } = wired({ up: trunk("20", 10), anna: { access: 10 }, other: trunk("10-20") });
  const sent = frame({ to: BROADCAST, from: anna });
  anna.sends(sent);
  up.got(sent);
  other.got(tagged(sent, 10));
  const back = frame({ to: BROADCAST, from: up });
  for (const form of [back, tagged(back, 10)]) {
    up.sends(form);
    anna.got(back);
    other.got(tagged(back, 10));
  }
  up.sends(tagged(back, 0, { priority: 6 }));
  anna.got(back);
  other.got(tagged(back, 10, { priority: 6 }));
});

test("frames from trunk to trunk keep their tags byte for byte", () => {
  const { up, down } = wired({ up: trunk("10-20"), down: trunk("15-30") });
  up.sends(tagged(frame({ to: BROADCAST, from: up }), 17, { priority: 3 })).reaches(down);
  up.sends(tagged(tagged(frame({ to: BROADCAST, from: up }), 999), 15)).reaches(down);
  up.sends(tagged(frame({ to: BROADCAST, from: up }), 14)).reachesNobody();
});

test("each VLAN is a learning domain of its own on a trunk", () => {
  const { lan, up, one, two } = wired({ up: trunk("all"), one: trunk("all"), two: trunk("all") });
  const roaming = macOf(77);
  one.sends(tagged(frame({ to: BROADCAST, from: roaming }), 5));
  two.sends(tagged(frame({ to: BROADCAST, from: roaming }), 6));
  up.sends(tagged(frame({ to: roaming, from: up }), 5)).reaches(one);
  up.sends(tagged(frame({ to: roaming, from: up }), 6)).reaches(two);
  assert.equal(lan.table.size, 4);
});

test("a tunnel carries a customer's frames, tags and all, behind a service tag", () => {
  const service = { trunk: VlanSet.parse("100-200"), service: true };
  const { here, there, rival, provider } = wired({
    here: { tunnel: 100 },
    there: { tunnel: 100 },
    rival: { tunnel: 101 },
    provider: service,
  });
  const plain = frame({ to: BROADCAST, from: here });
  const customers = [plain, tagged(plain, 7, { priority: 5 }), tagged(plain, 0, { priority: 2 })];
  for (const [index, sent] of [...customers, tagged(plain, 8, { type: S_TAG })].entries()) {
    here.sends(sent);
    there.got(sent);
    const priority = [0, 5, 2, 0][index]!;
    provider.got(tagged(sent, 100, { type: S_TAG, priority }));
    rival.got();
  }
  const far = tagged(frame({ to: BROADCAST, from: macOf(55) }), 9);
  provider.sends(tagged(far, 100, { type: S_TAG }));
  for (const host of [here, there]) host.got(far);
  provider.sends(far, tagged(far, 99, { type: S_TAG })).reachesNobody();
  assert.equal(provider.port.counters.drops.vlan, 2, "a customer's tag, or another service");
});

test("between a service trunk and an ordinary port the tag changes its type and keeps its priority", () => {
  const { provider, olaf } = wired({
    provider: { trunk: VlanSet.all, service: true },
    olaf: undefined,
  });
  const plain = frame({ to: BROADCAST, from: macOf(5) });
  provider.sends(tagged(plain, 30, { type: S_TAG, priority: 4 }));
  olaf.got(tagged(plain, 30, { priority: 4 }));
  olaf.sends(tagged(plain, 31, { priority: 1 }));
  provider.got(tagged(plain, 31, { type: S_TAG, priority: 1 }));
});

test("puts tags in and takes them out of large segments, two deep, and divides them for who takes none", () => {
  const lan = new Lab().switch();
  const [customer, provider, small] = [
    new FakeLink({ offload: 0x7f }),
    new FakeLink({ offload: 0x7f }),
    new FakeLink(),
  ];
  lan.attach(customer, { name: "customer", vlans: { tunnel: 100 } });
  lan.attach(provider, { name: "provider", vlans: { trunk: VlanSet.all, service: true } });
  lan.attach(small, { name: "small", vlans: { trunk: VlanSet.all, service: true } });
  const spec = tcpSpec({ payload: noise(3_000, 1), tags: [C_TAG] });
  const sent = largeRecord(spec, 1_000);
  customer.deliver(sent);
  const [large] = provider.frames;
  const control = sent.readUInt16BE(14 + 14) & 0xf000;
  assert.equal(large!.readUInt32BE(10 + 12), ((S_TAG << 16) | control | 100) >>> 0);
  assert.deepEqual(large!.subarray(10 + 16), sent.subarray(14 + 12));
  assert.equal(large!.readUInt16LE(6), layoutOf(spec).transport + 4);
  assert.equal(small.frames.length, 3);
  for (const one of small.frames) assert.equal(one.readUInt32BE(12), ((S_TAG << 16) | control | 100) >>> 0);
  provider.deliver(Buffer.concat([Buffer.of(1, 0, large!.length >>> 8, large!.length & 0xff), large!]));
  assert.deepEqual(customer.frames, [sent.subarray(4)]);
});

test("a frame cut short at any byte of its tags is dropped or passed, and nothing is read beyond it", () => {
  const { lan, up, access, provider, tunnel } = wired({
    up: trunk("10", 20),
    access: { access: 10 },
    provider: { trunk: VlanSet.all, service: true },
    tunnel: { tunnel: 10 },
  });
  const nested = tagged(tagged(tagged(arpRequest(up, "10.0.0.1"), 7), 8), 10);
  for (const host of [up, access, provider, tunnel])
    for (let length = 14; length < nested.length; length++) host.sends(nested.subarray(0, length));
  const { malformed, vlan } = lan.totals().drops;
  assert.ok(vlan > 0);
  assert.equal(malformed, 0);
});

test("refuses rules that name no VLAN", () => {
  const lan = new Lab().switch();
  for (const vlans of [{ access: 0 }, { tunnel: 4_095 }, { trunk: VlanSet.all, native: 0 }, { access: 1.5 }])
    assert.throws(() => lan.attach(null, { name: "port", vlans }), { code: "usage" });
});

test("shows what a port carries", () => {
  const { lan } = wired({
    one: { access: 10 },
    two: trunk("30,1-3,2-5", 9),
    three: { tunnel: 100 },
    four: { trunk: VlanSet.all, service: true },
    five: undefined,
  });
  assert.deepEqual(
    lan.snapshot().ports.map(({ vlans }) => vlans),
    ["10", "trunk 1-5,30 native 9", "tunnel 100", "service trunk all", ""],
  );
});

const PLAIN: readonly { rule: VlanRule | undefined; plain: PlainPort }[] = [
  { rule: undefined, plain: ORDINARY },
  { rule: { access: 1 }, plain: { untagged: 1, tagged: [], tagType: C_TAG, tunnel: false } },
  { rule: { access: 2 }, plain: { untagged: 2, tagged: [], tagType: C_TAG, tunnel: false } },
  { rule: trunk("1-2"), plain: { untagged: null, tagged: [1, 2], tagType: C_TAG, tunnel: false } },
  { rule: trunk("2-3", 1), plain: { untagged: 1, tagged: [2, 3], tagType: C_TAG, tunnel: false } },
  { rule: { tunnel: 2 }, plain: { untagged: 2, tagged: [], tagType: C_TAG, tunnel: true } },
  {
    rule: { trunk: VlanSet.parse("1-3"), service: true },
    plain: { untagged: null, tagged: [1, 2, 3], tagType: S_TAG, tunnel: false },
  },
  {
    rule: { trunk: VlanSet.parse("3"), native: 2, service: true },
    plain: { untagged: 2, tagged: [3], tagType: S_TAG, tunnel: false },
  },
];

test("generated frames with any tags leave generated ports as a plain model says", () => {
  check(
    fc.property(scripts(60), (script) => {
      const choices = Choices.from(script);
      const ports = Array.from({ length: 4 }, () => choices.of(...PLAIN));
      const lan = new Lab().switch();
      const links = ports.map(({ rule }) => {
        const link = new FakeLink();
        lan.attach(link, { name: "port", ...(rule === undefined ? {} : { vlans: rule }) });
        return link;
      });
      const from = choices.below(4);
      const sent = anyTagged(choices);
      links[from]!.deliver(Buffer.concat([Buffer.of(0, 0, 0, sent.length), sent]));
      const wanted = plainVlans(
        ports.map(({ plain }) => plain),
        from,
        sent,
      );
      assert.deepEqual(
        links.map(({ frames }) => frames.map((one) => one.toString("hex"))),
        wanted.map((one) => (one === null ? [] : [one.toString("hex")])),
      );
    }),
  );
});

/** A frame behind up to three tags, perhaps cut short. */
function anyTagged(choices: Choices): Buffer {
  let bytes = ethernet({ to: BROADCAST, from: macOf(9) }, 0x0800, noise(choices.below(8), 1));
  for (let count = choices.below(4); count > 0; count--)
    bytes = tagged(bytes, choices.below(5), { type: choices.of(C_TAG, S_TAG), priority: choices.below(8) });
  return bytes.subarray(0, 14 + choices.below(bytes.length - 13));
}

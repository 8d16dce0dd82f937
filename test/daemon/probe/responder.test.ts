import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { ProbePort } from "../../../src/daemon/probe/probe-port.js";
import {
  IDLE_MS,
  LONGEST_MS,
  LONGEST_SEND_MS,
  QUESTIONS_PER_SECOND,
  Responder,
} from "../../../src/daemon/probe/responder.js";
import { parseMac } from "../../../src/frame/mac.js";
import { MIN_PROBE, type ProbeFields, ProbeReader, ProbeType, writeProbe } from "../../../src/frame/probe.js";
import { MemoryLink } from "../../../src/link/memory.js";
import { Switch } from "../../../src/switch/switch.js";
import { ManualClock } from "../../support/clock.js";
import { check } from "../../support/generated.js";

const US = parseMac("02:00:00:00:00:01");
const PEER = parseMac("02:00:00:00:00:02");
const OTHER = parseMac("02:00:00:00:00:03");
const ALL = parseMac("ff:ff:ff:ff:ff:ff");

/** A responder behind the port of a switch, whose far end the test holds. Timers run when the clock is moved. */
function make(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = new ManualClock();
  const lan = new Switch({ name: "lan", clock });
  const deliveries: (() => void)[] = [];
  const [near, far] = MemoryLink.pair({ schedule: (deliver) => deliveries.push(deliver) });
  const uplink = lan.attach(near, { name: "uplink" });
  const port = new ProbePort(lan, uplink, US);
  const responder = new Responder({ port, clock, names: () => ["Web", "10.0.0.1"], largest: () => 1_514 });
  t.after(() => responder.stop());
  const sent: Buffer[] = [];
  far.start({
    batch: ({ bytes, start, end }) => {
      for (let at = start; at < end; ) {
        const next = at + 4 + (bytes.readUInt32BE(at) & 0xff_ffff);
        sent.push(Buffer.from(bytes.subarray(at + 4, next)));
        at = next;
      }
    },
    drain: () => undefined,
    dropped: () => undefined,
    close: () => undefined,
  });
  const settle = async (): Promise<Buffer[]> => {
    await Promise.resolve();
    while (deliveries.length > 0) deliveries.shift()!();
    await Promise.resolve();
    while (deliveries.length > 0) deliveries.shift()!();
    return sent.splice(0);
  };
  const record = Buffer.alloc(70_000);
  const hear = async (fields: ProbeFields, from = PEER, to = US): Promise<ReturnType<typeof read>[]> => {
    const end = writeProbe(record, 0, to, from, fields);
    far.send(record, 0, end);
    return (await settle()).map(read);
  };
  const pass = async (ms: number): Promise<ReturnType<typeof read>[]> => {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(Math.min(50, left));
      t.mock.timers.tick(Math.min(50, left));
    }
    return (await settle()).map(read);
  };
  const send = async (bytes: Buffer): Promise<Buffer[]> => {
    far.send(bytes, 0, bytes.length);
    return settle();
  };
  return { clock, responder, hear, pass, send };
}

function read(frame: Buffer) {
  const reader = new ProbeReader();
  assert.ok(reader.read(frame, 0, frame.length));
  const { type, id, token, number, count, time, length, text } = reader;
  return { type, id, token, number, count, time, length, text };
}

async function opened(lab: ReturnType<typeof make>): Promise<ProbeFields & { token: number }> {
  const [answer] = await lab.hear({ type: ProbeType.open, id: 7 });
  assert.equal(answer?.type, ProbeType.opened);
  return { type: 0, id: 7, token: answer.token };
}

test("answers who looks for it by name or address, and nobody else", async (t) => {
  const lab = make(t);
  for (const text of ["web", "10.0.0.1"]) {
    const [found, ...more] = await lab.hear({ type: ProbeType.find, id: 5, text }, PEER, ALL);
    assert.deepEqual(
      [found?.type, found?.id, found?.number, found?.text],
      [ProbeType.found, 5, 1_514, "Web"],
    );
    assert.equal(more.length, 0);
  }
  assert.deepEqual(await lab.hear({ type: ProbeType.find, id: 5, text: "db" }, PEER, ALL), []);
  assert.deepEqual(await lab.hear({ type: ProbeType.find, id: 5, text: "" }, PEER, ALL), []);
});

test("echoes to who has the token, and to nobody else", async (t) => {
  const lab = make(t);
  const test = await opened(lab);
  const echo = { ...test, type: ProbeType.echo, number: 3, time: 1.5, length: 500 };
  const [echoed] = await lab.hear(echo);
  assert.deepEqual(
    [echoed?.type, echoed?.number, echoed?.time, echoed?.length],
    [ProbeType.echoed, 3, 1.5, 500],
  );
  assert.deepEqual(await lab.hear({ ...echo, token: test.token + 1 }), []);
  assert.deepEqual(await lab.hear({ ...echo, id: 8 }), []);
  assert.deepEqual(await lab.hear(echo, OTHER), []);
  assert.equal((await lab.hear({ ...echo, length: 60_000 }))[0]?.length, 1_514, "a long one is cut");
});

test("has one test at a time, until it is closed or falls silent", async (t) => {
  const lab = make(t);
  const first = await opened(lab);
  const busy = async () => (await lab.hear({ type: ProbeType.open, id: 9 }, OTHER))[0]?.type;
  assert.equal(await busy(), ProbeType.busy);
  assert.equal((await opened(lab)).token, first.token, "who asks again gets the same answer");
  await lab.hear({ ...first, type: ProbeType.close });
  assert.equal(lab.responder.isBusy, false);
  await opened(lab);
  await lab.pass(IDLE_MS);
  assert.equal(await busy(), ProbeType.busy);
  await lab.pass(100);
  assert.equal(lab.responder.isBusy, false);
});

test("ends a test that takes too long, however much is said", async (t) => {
  const lab = make(t);
  const test = await opened(lab);
  for (let ms = 0; ms <= LONGEST_MS; ms += 1_000) {
    assert.equal(lab.responder.isBusy, true, `after ${ms} ms`);
    await lab.pass(1_000);
    await lab.hear({ ...test, type: ProbeType.echo });
  }
  await lab.pass(100);
  assert.equal(lab.responder.isBusy, false);
});

test("answers so many questions in a second", async (t) => {
  const lab = make(t);
  lab.clock.advance(2_000);
  let answers = 0;
  for (let asked = 0; asked < 3 * QUESTIONS_PER_SECOND; asked++)
    answers += (await lab.hear({ type: ProbeType.find, id: asked, text: "web" }, PEER, ALL)).length;
  assert.equal(answers, QUESTIONS_PER_SECOND);
  lab.clock.advance(1_000);
  assert.equal((await lab.hear({ type: ProbeType.find, id: 1, text: "web" }, PEER, ALL)).length, 1);
});

test("acknowledges a batch of data with one answer", async (t) => {
  const lab = make(t);
  const test = await opened(lab);
  const batch = Buffer.alloc(30 * (4 + 1_000));
  let end = 0;
  for (let number = 0; number < 30; number++)
    end = writeProbe(batch, end, US, PEER, { ...test, type: ProbeType.data, number, length: 1_000 });
  const answers = (await lab.send(batch)).map(read);
  assert.deepEqual(
    answers.map(({ type, number, count }) => [type, number, count]),
    [[ProbeType.ack, 30, 30]],
  );
});

test("sends data to who asked with the token, in three windows where nothing is acknowledged", async (t) => {
  const lab = make(t);
  const test = await opened(lab);
  const ask = { ...test, type: ProbeType.send, number: 1_000, count: 5_000 };
  assert.deepEqual(await lab.hear({ ...ask, token: 1 }), []);
  assert.deepEqual(await lab.hear({ ...ask, number: 1_515 }), [], "longer than it takes itself");
  let bytes = (await lab.hear(ask)).reduce((sum, { length }) => sum + length, 0);
  assert.equal((await lab.hear(ask)).length, 0, "asked twice");
  bytes += (await lab.pass(IDLE_MS + 100)).reduce((sum, { length }) => sum + length, 0);
  assert.ok(bytes > 400_000 && bytes < 600_000, `${bytes}`);
  assert.equal(lab.responder.isBusy, false);
});

test("sends no longer than the bound, however long it is asked to", async (t) => {
  const lab = make(t);
  const test = await opened(lab);
  const came = { edge: 0, lastAt: 0, done: false };
  const began = lab.clock.ms;
  let frames = await lab.hear({ ...test, type: ProbeType.send, number: MIN_PROBE, count: 0xffff_ffff });
  while (!came.done && lab.clock.ms - began < LONGEST_MS) {
    for (const { type, number } of frames) {
      if (type === ProbeType.done) came.done = true;
      else came.edge = Math.max(came.edge, number + 1);
    }
    // A loss each time keeps the window small, and the test fast.
    const ack = { ...test, type: ProbeType.ack, number: came.edge, count: 0 };
    frames = [...(await lab.hear(ack)), ...(await lab.pass(1_000))];
  }
  assert.ok(came.done);
  assert.ok(lab.clock.ms - began <= LONGEST_SEND_MS + 2_000, `${lab.clock.ms - began}`);
});

test("generated frames of peers without a token get no more bytes than they sent, and open one test", async (t) => {
  const lab = make(t);
  const type = fc.oneof(fc.constantFrom(...Object.values(ProbeType)), fc.nat(255));
  const fields = fc.record({
    type,
    id: fc.nat(3),
    token: fc.nat(3),
    number: fc.oneof(fc.nat(2_000), fc.nat(0xffff_ffff)),
    count: fc.nat(0xffff_ffff),
    text: fc.constantFrom("web", "WEB", "10.0.0.1", "", "x"),
    length: fc.integer({ min: MIN_PROBE, max: 1_600 }),
  });
  const from = fc.constantFrom(PEER, OTHER);
  const to = fc.constantFrom(US, ALL, OTHER);
  const damage = fc.option(fc.tuple(fc.nat(100), fc.nat(255)));
  await check(
    fc.asyncProperty(fields, from, to, damage, async (said, source, target, harm) => {
      const record = Buffer.alloc(4 + said.length);
      writeProbe(record, 0, target, source, said);
      if (harm !== null) record[Math.min(16 + harm[0], record.length - 1)] = harm[1];
      const answers = await lab.send(record);
      const bytes = answers.reduce((sum, answer) => sum + answer.length, 0);
      assert.ok(bytes <= said.length, `${bytes} for ${said.length}`);
      lab.clock.advance(20);
    }),
  );
});

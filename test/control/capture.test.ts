import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StreamSink } from "../../src/control/call.js";
import { BURST_BYTES, Budget, BYTES_PER_MS, PACKET_BYTES } from "../../src/control/capture/budget.js";
import { captureDesk } from "../../src/control/capture/capture-desk.js";
import { CHUNK_BYTES, CHUNKS } from "../../src/control/capture/chunk-ring.js";
import { CAPTURE } from "../../src/control/capture-api.js";
import { BROADCAST, frame, udp } from "../support/frames.js";
import { largeRecord, recordsOf, tcpSpec } from "../support/frames-offload.js";
import { type PcapngFile, readPcapng } from "../support/plain-pcapng.js";
import { office } from "../support/topology.js";

const EPOCH = 1_700_000_000_000;

/** A reader that takes everything, or nothing. */
class Reader implements StreamSink {
  readonly chunks: Buffer[] = [];
  stalled = false;
  ended = false;
  waitingBytes = 0;
  readonly #gone = new AbortController();

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  write(chunk: string | Buffer): boolean {
    assert.ok(!this.ended, "a write behind the end");
    this.chunks.push(Buffer.from(chunk));
    if (this.stalled) this.waitingBytes += chunk.length;
    return true;
  }

  end(): void {
    this.ended = true;
  }

  leave(): void {
    this.#gone.abort();
  }

  get file(): PcapngFile {
    return readPcapng(Buffer.concat(this.chunks));
  }
}

/** An office with a capture of it. */
function captured(query: Record<string, string | string[]> = {}) {
  const site = office();
  const others = site.lab.switch({ name: "others" });
  const desk = captureDesk({
    networks: () => [site.lan, others],
    clock: site.lab.clock,
    wallNow: () => EPOCH,
    version: "1.2.3",
  });
  const start = (one: Record<string, string | string[]>): Reader => {
    const reader = new Reader();
    const input = { network: "lan-1", id: "the-test", ...one };
    desk.streams.capture(CAPTURE.input.parse(input), reader);
    return reader;
  };
  const stop = (): unknown => desk.calls.stopCapture({ id: "the-test" });
  return { ...site, desk, others, start, stop, reader: start(query) };
}

const on = ({ packets }: PcapngFile): string[] =>
  packets.map((one) => `${one.on} ${one.direction} ${one.length}`);

test("shows each frame once, where it came in", () => {
  const { lab, anna, ben, carl, reader, stop } = captured();
  ben.announces();
  lab.advance(1_500);
  const sent = frame({ to: ben, from: anna }, 101);
  anna.sends(sent);
  stop();
  const { application, interfaces, packets } = reader.file;
  assert.equal(application, "tapswitch 1.2.3");
  assert.deepEqual(
    interfaces.map(({ name, description }) => [name, description]),
    [anna, ben, carl].map((host) => [host.name, "memory a"]),
  );
  assert.deepEqual(on(reader.file), ["ben in 60", "anna in 101"]);
  assert.ok(packets[1]!.data.equals(sent));
  assert.equal(packets[1]!.nanoseconds, BigInt(EPOCH + 1_500) * 1_000_000n);
  assert.deepEqual(interfaces[0]!.statistics, { received: 1, accepted: 1, dropped: 0, delivered: 1 });
  assert.ok(reader.ended);
});

test("shows both directions of ports that are named, by name or number", () => {
  const { anna, ben, reader, stop } = captured({ port: ["ben", "3"] });
  ben.announces();
  anna.sends(frame({ to: ben, from: anna }, 70));
  stop();
  assert.deepEqual(
    reader.file.interfaces.map(({ name }) => name),
    ["ben", "carl"],
  );
  assert.deepEqual(on(reader.file), ["ben in 60", "carl out 60", "ben out 70"]);
});

test("shows the direction that is asked for", () => {
  const { ben, reader, stop } = captured({ direction: "out" });
  ben.announces();
  stop();
  assert.deepEqual(on(reader.file), ["anna out 60", "carl out 60"]);
});

test("shows what the filter means, and says so in the file", () => {
  const { anna, ben, reader, stop } = captured({ filter: "udp port 5001" });
  anna.sends(frame({ to: BROADCAST, from: anna }), udp({ to: ben, from: anna }, "hello"));
  stop();
  const { interfaces, packets } = reader.file;
  assert.equal(packets.length, 1);
  assert.equal(interfaces[0]!.filter, "udp port 5001");
  assert.deepEqual(interfaces[0]!.statistics, { received: 2, accepted: 1, dropped: 0, delivered: 1 });
});

test("refuses a filter that makes no sense, an unknown network, and an id in use", () => {
  const { start, stop } = captured();
  assert.throws(() => start({ id: "another-one", filter: "tcp prot 80" }), /filter, column 5: expected/);
  assert.throws(
    () => start({ id: "another-one", network: "elsewhere" }),
    /no network 'elsewhere': there is lan-1, others/,
  );
  assert.throws(() => start({}), { code: "in-use" });
  stop();
  assert.throws(stop, { code: "not-found" });
});

test("leaves dropped frames out, or shows them with the reason", () => {
  for (const drops of ["false", "true"]) {
    const { anna, reader, stop } = captured({ drops });
    anna.sends(frame({ to: BROADCAST, from: BROADCAST }));
    stop();
    const comments = reader.file.packets.map(({ comment }) => comment);
    assert.deepEqual(comments, drops === "true" ? ["dropped: malformed"] : []);
  }
});

test("keeps as many bytes of a packet as it is told to, and its length", () => {
  const { anna, reader, stop } = captured({ snaplen: "64" });
  anna.sends(frame({ to: BROADCAST, from: anna }, 500));
  stop();
  const [packet] = reader.file.packets;
  assert.equal(packet!.data.length, 64);
  assert.equal(packet!.length, 500);
});

test("ends by itself after the packets that it is told to show", () => {
  const { anna, reader, stop, lan } = captured({ count: "2" });
  anna.sends(...[1, 2, 3].map(() => frame({ to: BROADCAST, from: anna })));
  assert.ok(reader.ended);
  assert.equal(reader.file.packets.length, 2);
  assert.deepEqual(reader.file.interfaces[0]!.statistics, {
    received: 2,
    accepted: 2,
    dropped: 0,
    delivered: 2,
  });
  reader.leave();
  assert.throws(stop, { code: "not-found" });
  assert.equal(lan.ports.length, 3);
});

test("shows segments whole, or the frames that they will become, no more of them than asked for", () => {
  for (const [query, count] of [
    [{}, 1],
    [{ split: "true" }, 5],
    [{ split: "true", count: "3" }, 3],
  ] as const) {
    const { lab, lan, reader, desk } = captured(query);
    const [near, far] = lab.cable({ offload: 0x7f });
    lan.attach(far, { name: "dora" });
    const large = largeRecord(tcpSpec({ payload: Buffer.alloc(5_000, 7) }), 1_000);
    near.start({
      batch: () => undefined,
      drain: () => undefined,
      dropped: () => undefined,
      close: () => undefined,
    });
    near.send(large, 0, large.length);
    lab.settle();
    if (!reader.ended) desk.calls.stopCapture({ id: "the-test" });
    const { packets, interfaces } = reader.file;
    assert.equal(packets.length, count);
    assert.equal(interfaces.at(-1)!.name, "dora");
    if (count === 1) assert.ok(packets[0]!.data.equals(recordsOf(large)[0]!.payload.subarray(10)));
    else for (const { length } of packets) assert.equal(length, 1_000 + large.length - 14 - 5_000);
  }
});

test("introduces ports that come later, and parts one from another that has its number again", () => {
  const { lab, lan, anna, reader, stop } = captured();
  const dora = lab.host("dora", lan);
  dora.announces();
  dora.unplug();
  const emil = lab.host("emil", lan);
  assert.equal(emil.port.id, dora.port.id);
  emil.announces();
  anna.announces();
  stop();
  const { interfaces } = reader.file;
  assert.deepEqual(on(reader.file), ["dora in 60", "emil in 60", "anna in 60"]);
  assert.deepEqual(
    interfaces.map(({ name, statistics }) => [name, statistics?.received]),
    [
      ["anna", 1],
      ["ben", 0],
      ["carl", 0],
      ["dora", 1],
      ["emil", 1],
    ],
  );
});

test("shows all networks where none is named, each port with its network's", () => {
  const { lab, anna, others, desk } = captured();
  const reader = new Reader();
  desk.streams.capture(CAPTURE.input.parse({ id: "another-one" }), reader);
  const dora = lab.host("dora", others);
  dora.announces();
  anna.announces();
  desk.calls.stopCapture({ id: "another-one" });
  assert.deepEqual(on(reader.file), ["others/dora in 60", "lan-1/anna in 60"]);
});

test("a reader that takes nothing costs a bounded memory, its own packets, and no frame of the traffic", () => {
  const { anna, ben, reader, stop } = captured();
  ben.announces();
  reader.stalled = true;
  const sent = Array.from({ length: 1_000 }, () => frame({ to: ben, from: anna }, 9_000));
  anna.sends(...sent).reaches(ben);
  assert.ok(reader.waitingBytes > (CHUNKS - 2) * CHUNK_BYTES && reader.waitingBytes <= CHUNKS * CHUNK_BYTES);
  reader.stalled = false;
  reader.waitingBytes = 0;
  anna.sends(frame({ to: ben, from: anna }, 99));
  stop();
  const { interfaces, packets } = reader.file;
  const { accepted, dropped, delivered } = interfaces[0]!.statistics!;
  assert.equal(accepted, 1_001);
  assert.ok(dropped > 500 && dropped + delivered === accepted);
  assert.equal(packets.length, delivered + 1);
  assert.equal(packets.at(-1)!.length, 99);
  // What was written has not been written over.
  const shown = packets.filter(({ length }) => length === 9_000);
  for (const [index, { data }] of shown.entries()) assert.ok(data.equals(sent[index]!));
});

test("takes as many bytes a millisecond as it may, and counts the others as dropped", () => {
  const budget = new Budget();
  const taken = (now: number): number => {
    let bytes = 0;
    while (budget.take(1_000 - PACKET_BYTES, now)) bytes += 1_000;
    return bytes;
  };
  const [burst, ms] = [BURST_BYTES, BYTES_PER_MS];
  const close = (found: number, wanted: number): void =>
    assert.ok(found <= wanted && found > wanted - 2_000, `${found} of ${wanted}`);
  close(taken(0), burst);
  close(taken(1), ms);
  close(taken(3), 2 * ms);
  close(taken(1_000), burst);
  assert.equal(taken(999), 0);
});

test("hands packets over after a moment, also if few come, and looks away when its reader leaves", async () => {
  const { anna, reader } = captured();
  anna.announces();
  const before = reader.chunks.length;
  while (reader.chunks.length === before) await sleep(1);
  assert.equal(reader.file.packets.length, 1);
  reader.leave();
  const { length } = reader.chunks;
  anna.announces();
  await sleep(0);
  assert.equal(reader.chunks.length, length);
  assert.ok(reader.ended);
});

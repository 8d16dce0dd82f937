import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QUEUE_BYTES } from "../../src/switch/port.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, hello, mac, message, record, records } from "../support/peers.js";
import { TestServer } from "../support/server.js";

describe("bad peers", () => {
  const garbage: [string, Buffer][] = [
    ["text", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["zeros", Buffer.alloc(5_000)],
    ["ones", Buffer.alloc(5_000, 0xff)],
    ["an oversize record", record(0, Buffer.alloc(69_633))],
    ["a record of length 0", Buffer.alloc(4)],
    ["a truncated record", records(frame({ length: 1_000 })).subarray(0, 500)],
    ["an invalid hello", message({ type: "hello", version: "one" })],
    ["a hello of another version", message(hello({ version: 99 }))],
    ["a broken message", message("{{{{")],
    ["an offload record with a header that does not fit", record(1, Buffer.alloc(60, 0xff))],
    ["a frame with a group address as source", records(frame({ from: "ff:ff:ff:ff:ff:ff" }))],
  ];

  test("disturb nobody: what two others exchange meanwhile arrives whole", { timeout: 30_000 }, async (t) => {
    const server = await TestServer.start(t);
    const a = await server.join({ name: "a" });
    const b = await server.join({ name: "b" });
    b.send(frame({ from: mac(2) }));
    await a.gotFrames(1);
    const sent = Array.from({ length: 600 }, (_, salt) =>
      frame({ to: mac(2), from: mac(1), length: 60 + ((salt * 37) % 1_400), salt }),
    );
    let stop = false;
    const vandals = garbage.map(async ([, bytes]) => {
      while (!stop) {
        const peer = await server.connect();
        peer.socket.end(bytes);
        await peer.ended();
      }
    });
    for (let at = 0; at < sent.length; at += 20) {
      a.send(...sent.slice(at, at + 20));
      await quiet(10);
    }
    stop = true;
    await b.gotFrames(sent.length);
    await Promise.all(vandals);
    // A vandal that counts as a raw peer may have its frames flooded to others, as any raw peer.
    const received = b.frames.filter((one) => one.subarray(6, 12).equals(sent[0]!.subarray(6, 12)));
    assert.deepEqual(received, sent);
    const port = server.ports().find(({ name }) => name === "b")!;
    assert.equal(port.counters.drops.queue, 0);
    await eventually(() => server.server.snapshot().connections === 2, "the vandals' end");
    assert.equal(server.ports().length, 2);
    assert.ok(server.server.snapshot().ends["protocol"]! > 0);
    assert.ok(server.server.snapshot().ends["version"]! > 0);
  });

  for (const [what, bytes] of garbage.slice(0, 9)) {
    test(`${what} is counted and logged with a reason`, async (t) => {
      const server = await TestServer.start(t);
      const peer = await server.connect();
      peer.socket.end(bytes);
      await peer.ended();
      await eventually(() => server.server.snapshot().connections === 0, "the end");
      const { ends } = server.server.snapshot();
      assert.deepEqual(Object.values(ends), [1]);
      assert.ok(!("end" in ends) && !("system" in ends), JSON.stringify(ends));
      const line = server.lines.find(({ level }) => level >= 40)!;
      assert.match(line.msg, /ended before it had a port/);
      assert.equal(typeof line["why"], "string");
      assert.equal(
        line["peer"],
        `127.0.0.1:${peer.socket.localPort}`.replace("undefined", String(line["peer"]).split(":")[1]!),
      );
    });
  }

  test("a peer that never reads is bounded, and the others' frames flow on", {
    timeout: 30_000,
  }, async (t) => {
    const server = await TestServer.start(t, { ports: { "*": { stormBroadcast: "off" } } });
    const stuck = await server.join({ name: "stuck" });
    const a = await server.join({ name: "a" });
    const b = await server.join({ name: "b" });
    stuck.socket.pause();
    const batch = Array.from({ length: 100 }, (_, salt) => frame({ from: mac(1), length: 1_514, salt }));
    for (let turn = 0; turn < 150; turn++) {
      a.send(...batch);
      await b.gotFrames((turn + 1) * batch.length);
    }
    const ports = Object.fromEntries(server.ports().map((port) => [port.name, port]));
    assert.ok(ports["stuck"]!.counters.drops.queue > 0, "the stuck port drops");
    const { queuedBytes } = ports["stuck"]!;
    // Besides the queue's bound, some small frames may have overtaken it.
    assert.ok(queuedBytes <= QUEUE_BYTES + 65_536, `${queuedBytes} bytes wait`);
    assert.equal(ports["b"]!.counters.drops.queue, 0);
  });
});

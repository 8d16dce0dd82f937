import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { TapswitchError } from "../../src/errors.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, message, records } from "../support/peers.js";
import { fedLink, streamUnderTest } from "../support/server.js";

describe("messages", () => {
  test("sends a message as a record of kind 2", async (t) => {
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    link.sendMessage('{"text":"ä"}');
    assert.deepEqual(await peer.heard(), { text: "ä" });
  });

  test("refuses to send a message that is too long", () => {
    const { link } = fedLink();
    assert.throws(() => link.sendMessage("ä".repeat(8_193)), { code: "protocol", message: /16386 bytes/ });
  });

  test("a peer that never reads gets no more than a few messages", async (t) => {
    const { link, peer, socket, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    peer.socket.pause();
    const text = "x".repeat(16_000);
    for (let sent = 0; sent < 5_000; sent++) {
      link.sendMessage(text);
      if (sent % 100 === 0) await turn();
      assert.ok(socket.writableLength <= 17 * 16_004, `${socket.writableLength} bytes wait`);
    }
  });

  test("does not drain for a message alone", async (t) => {
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    let drains = 0;
    link.start({
      batch: () => undefined,
      drain: () => void drains++,
      dropped: () => undefined,
      close: () => undefined,
    });
    link.sendMessage("{}");
    await peer.heard();
    await turn();
    assert.equal(drains, 0);
  });

  test("frames that wait behind a message that waits are asked for again", async (t) => {
    const { link, peer, socket, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    let drains = 0;
    link.start({
      batch: () => undefined,
      drain: () => void drains++,
      dropped: () => undefined,
      close: () => undefined,
    });
    peer.socket.pause();
    const text = JSON.stringify("x".repeat(16_000));
    while (socket.writableLength === 0) {
      link.sendMessage(text);
      await turn();
    }
    const batch = records(frame());
    assert.equal(link.send(batch, 0, batch.length), "full");
    peer.socket.resume();
    await eventually(() => drains === 1, "drain");
    assert.equal(link.send(batch, 0, batch.length), "done");
    await peer.gotFrames(1);
  });
});

describe("farewell", () => {
  test("the last message arrives, then the end", async (t) => {
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    link.farewell('{"type":"bye"}');
    assert.deepEqual(await peer.heard(), { type: "bye" });
    await peer.ended();
    assert.equal(peer.error, undefined);
  });

  for (const carrier of ["tcp", "unix"] as const) {
    test(`the last message is not cut off by a reset while a ${carrier} peer keeps sending`, async (t) => {
      const { link, peer, close } = await streamUnderTest(carrier, "accepted");
      t.after(close);
      link.start({
        batch: () => undefined,
        drain: () => undefined,
        dropped: () => undefined,
        close: () => undefined,
      });
      peer.socket.pause();
      const flood = records(...Array.from({ length: 300 }, () => frame({ length: 1_514 })));
      for (let times = 0; times < 10; times++) peer.write(flood);
      link.farewell('{"type":"bye"}');
      for (let times = 0; times < 10; times++) peer.write(flood);
      await quiet(100);
      peer.socket.resume();
      assert.deepEqual(await peer.heard(), { type: "bye" });
    });
  }

  test("what comes in after it is discarded", async () => {
    const { link, socket, got } = fedLink();
    link.farewell("{}");
    socket.feed(Buffer.concat([records(frame()), message("{}"), Buffer.from("garbage")]));
    assert.deepEqual(got, []);
  });

  test("ends a peer that does not close within a second, with the reason given", async (t) => {
    const reason = new TapswitchError("full", "no room");
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    const closes: (Error | undefined)[] = [];
    link.start({
      batch: () => undefined,
      drain: () => undefined,
      dropped: () => undefined,
      close: (error) => void closes.push(error),
    });
    peer.socket.pause();
    peer.socket.allowHalfOpen = true;
    const since = performance.now();
    link.farewell("{}", reason);
    await eventually(() => closes.length === 1, "the end", 3_000);
    assert.ok(performance.now() - since > 800);
    assert.deepEqual(closes, [reason]);
  });

  test("a second one, and one after the end, say nothing", async (t) => {
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    link.farewell('{"n":1}');
    link.farewell('{"n":2}');
    await peer.ended();
    link.farewell('{"n":3}');
    assert.deepEqual(peer.messages, [{ n: 1 }]);
  });
});

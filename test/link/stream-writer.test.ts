import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { TapswitchError } from "../../src/errors.js";
import { socketFd } from "../../src/link/adopt-socket.js";
import type { StreamLink } from "../../src/link/stream.js";
import { StreamWriter } from "../../src/link/stream-writer.js";
import { native } from "../../src/native/native.js";
import { Choices } from "../support/choices.js";
import { eventually } from "../support/clock.js";
import { seed } from "../support/generated.js";
import { frame, Peer, records } from "../support/peers.js";
import { type StreamUnderTest, streamUnderTest } from "../support/server.js";

interface Narrow extends StreamUnderTest {
  readonly events: { drains: number; readonly closes: (Error | undefined)[] };
}

/** A started link whose socket takes a few KiB at once, to a peer that does not read before it is told to. */
async function narrow(t: TestContext, carrier: "tcp" | "unix"): Promise<Narrow> {
  const under = await streamUnderTest(carrier, "accepted");
  t.after(under.close);
  under.peer.socket.pause();
  native().setSocketOption(socketFd(under.socket), "SO_SNDBUF", 8_192);
  const events = { drains: 0, closes: [] as (Error | undefined)[] };
  under.link.start({
    batch: () => undefined,
    drain: () => void events.drains++,
    dropped: () => undefined,
    close: (error) => void events.closes.push(error),
  });
  return { ...under, events };
}

/** Sends from memory that is overwritten at once; answers whether the link was full. */
function sendOnce(link: StreamLink, bytes: Buffer): boolean {
  const memory = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]);
  const sent = link.send(memory, 7, 7 + bytes.length);
  memory.fill(0xee);
  return sent === "full";
}

/** Sends different frames of 9,000 bytes until the link is full; answers those that it took. */
function fillUp(link: StreamLink): Buffer[] {
  const taken: Buffer[] = [];
  for (;;) {
    const one = frame({ length: 9_000, salt: taken.length });
    if (sendOnce(link, records(one))) return taken;
    taken.push(one);
    assert.ok(taken.length < 2_000, "it is never full");
  }
}

for (const carrier of ["tcp", "unix"] as const) {
  describe(`writing to a ${carrier} socket`, () => {
    test("the rest of a send that was taken in part arrives, though its memory is overwritten", async (t) => {
      const { link, peer, socket } = await narrow(t, carrier);
      const sent = Array.from({ length: 180 }, (_, salt) => frame({ length: 1_514, salt }));
      const batch = records(...sent);
      assert.ok(!sendOnce(link, batch));
      const rest = socket.writableLength;
      assert.ok(rest > 0 && rest < batch.length, `${rest} of ${batch.length} bytes are left`);
      assert.ok(sendOnce(link, batch), "the next one is refused");
      peer.socket.resume();
      assert.deepEqual(await peer.gotFrames(sent.length), sent);
    });

    test("the rests of many links at once are kept apart", async (t) => {
      const links = await Promise.all(Array.from({ length: 20 }, () => narrow(t, carrier)));
      const sent = links.map((_, salt) => frame({ length: 69_000, salt }));
      const batches = sent.map((one) => records(one, one, one));
      for (const [index, { link }] of links.entries()) assert.ok(!sendOnce(link, batches[index]!));
      assert.ok(links.every(({ socket }) => socket.writableLength > 0));
      for (const [index, { peer }] of links.entries()) {
        peer.socket.resume();
        for (const one of await peer.gotFrames(3)) assert.ok(one.equals(sent[index]!), `link ${index}`);
      }
    });

    test("sends of any size arrive whole and in order while the peer reads by fits and starts", async (t) => {
      const { link, peer, events } = await narrow(t, carrier);
      const choices = Choices.seeded(seed);
      const sent: Buffer[] = [];
      let refusals = 0;
      for (let count = 0; count < 400; count++) {
        const frames = Array.from({ length: 1 + choices.below(4) }, () =>
          frame({ length: 14 + choices.below(choices.of(100, 2_000, 69_600)), salt: sent.length }),
        );
        while (sendOnce(link, records(...frames))) {
          assert.equal(events.drains, refusals++, "one drain for each time that it was full");
          peer.socket.resume();
          await eventually(() => events.drains === refusals, "drain");
          if (choices.onceIn(3)) peer.socket.pause();
        }
        sent.push(...frames);
      }
      peer.socket.resume();
      const got = await peer.gotFrames(sent.length);
      assert.ok(refusals > 3, `refused ${refusals} times`);
      for (const [index, one] of got.entries()) assert.ok(one.equals(sent[index]!), `frame ${index}`);
    });

    test("session messages keep their place behind an unfinished rest, and frames theirs behind them", async (t) => {
      const { link, peer, events } = await narrow(t, carrier);
      const before = fillUp(link);
      for (let n = 1; n <= 3; n++) link.sendMessage(JSON.stringify({ n }));
      const after = frame({ length: 100, salt: 77 });
      assert.ok(sendOnce(link, records(after)), "no frame may overtake what waits");
      peer.socket.resume();
      await eventually(() => events.drains === 1, "drain");
      assert.ok(!sendOnce(link, records(after)));
      assert.deepEqual((await peer.gotFrames(before.length + 1)).at(-1), after);
      assert.deepEqual(
        peer.records.map(({ kind }) => kind),
        [...before.map(() => 0), 2, 2, 2, 0],
      );
      assert.deepEqual(peer.messages, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      for (const [index, one] of before.entries())
        assert.ok(peer.frames[index]!.equals(one), `frame ${index}`);
      assert.equal(events.drains, 1);
    });

    test("a farewell comes after the rest", async (t) => {
      const { link, peer, events } = await narrow(t, carrier);
      const before = fillUp(link);
      link.farewell('{"type":"bye"}');
      peer.socket.resume();
      assert.deepEqual(await peer.heard(), { type: "bye" });
      await peer.ended();
      assert.deepEqual(peer.frames, before);
      assert.equal(events.drains, 0, "nobody may send any more");
    });

    test("a send to a peer that is gone closes the link, and says what happened", async (t) => {
      const { link, peer, events } = await narrow(t, carrier);
      // It does not read, so that only a send can find out.
      link.pause();
      if (carrier === "tcp") peer.socket.resetAndDestroy();
      else peer.destroy();
      await eventually(() => peer.closed, "the peer's end");
      const batch = records(frame());
      for (let sends = 0; sends < 100; sends++) {
        assert.equal(link.send(batch, 0, batch.length), "done");
        assert.deepEqual(events.closes, [], "never from within a call");
      }
      await eventually(() => events.closes.length === 1, "the close");
      const [error] = events.closes;
      assert.ok(error instanceof TapswitchError, `${error}`);
      assert.equal(error.code, "unreachable");
      assert.match(error.message, /^the connection broke \((EPIPE|ECONNRESET)\)$/);
      assert.equal(link.send(batch, 0, batch.length), "done");
      link.sendMessage("{}");
    });

    test("a peer that goes away under an unfinished rest closes the link, with no drain", async (t) => {
      const { link, peer, events } = await narrow(t, carrier);
      fillUp(link);
      peer.destroy();
      await eventually(() => events.closes.length === 1, "the close");
      assert.ok(events.closes[0] instanceof Error);
      assert.equal(events.drains, 0);
    });
  });
}

test("what is sent while the socket still connects arrives, in order", async (t) => {
  const server = createServer();
  t.after(() => server.close());
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect({ host: "127.0.0.1", port: (server.address() as { port: number }).port });
  let drains = 0;
  const writer = new StreamWriter(socket, () => void drains++);
  const [first, second] = [records(frame({ salt: 1 })), records(frame({ salt: 2 }))];
  assert.equal(writer.send(first, 0, first.length), "done");
  first.fill(0xee);
  assert.equal(writer.send(second, 0, second.length), "full");
  const peer = new Peer(await accepted);
  t.after(() => peer.destroy());
  await eventually(() => drains === 1, "drain");
  assert.equal(writer.send(second, 0, second.length), "done");
  assert.deepEqual(await peer.gotFrames(2), [frame({ salt: 1 }), frame({ salt: 2 })]);
  socket.destroy();
});

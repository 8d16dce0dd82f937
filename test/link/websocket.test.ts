/** What a WebSocket link does with peers that are not as they should be. */
import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { acceptWebSocket } from "../../src/link/open-websocket.js";
import { Pulse } from "../../src/link/pulse.js";
import { WatchedLink } from "../contracts/watched-link.js";
import { eventually, quiet } from "../support/clock.js";
import { check } from "../support/generated.js";
import { frame, records } from "../support/peers.js";
import {
  BINARY,
  CLOSE,
  PING,
  type PlainMessage,
  PONG,
  plainMessage,
  readPlainMessages,
  TEXT,
} from "../support/plain-websocket.js";
import { acceptedWebSocket, WebSocketPeer, webSocketDoor } from "../support/websockets.js";

const HEADERS = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

class Fed extends Duplex {
  override _read(): void {
    return;
  }

  override _write(_bytes: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** A started link whose connection is fed by hand, and what it has handed on. */
function fed() {
  const socket = new Fed();
  const request = { method: "GET", headers: HEADERS, socket } as unknown as IncomingMessage;
  const link = acceptWebSocket(request, Buffer.alloc(0), { kind: "ws", peer: "test", pulse: new Pulse() })!;
  const watched = new WatchedLink(link);
  watched.start();
  return { socket, watched };
}

/** Sends `bytes` in pieces that end at `cuts`. */
async function feed(socket: Fed, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    if (end > at) socket.push(bytes.subarray(at, end));
    at = Math.max(at, end);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

/** A client that says its bytes itself. */
async function plainClient(t: TestContext, port: number) {
  const socket = connect({ host: "127.0.0.1", port });
  let heard: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  const lines = Object.entries({ host: "127.0.0.1", ...HEADERS }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`GET / HTTP/1.1\r\n${lines.join("")}\r\n`);
  await eventually(() => heard.includes("\r\n\r\n"), "the answer");
  const begin = heard.indexOf("\r\n\r\n") + 4;
  const messages = (): PlainMessage[] => readPlainMessages(heard.subarray(begin)).messages;
  return { socket, messages, head: () => heard.toString("latin1", 0, begin) };
}

async function door(t: TestContext, names: { pulse?: Pulse } = {}) {
  const made = await webSocketDoor(false, names);
  t.after(() => made.server.close());
  return made;
}

async function plainPair(t: TestContext, pulse?: Pulse) {
  const { port, links } = await door(t, pulse === undefined ? {} : { pulse });
  const client = await plainClient(t, port);
  const watched = new WatchedLink(links[0]!);
  watched.start();
  t.after(() => watched.link.close());
  return { ...client, watched };
}

describe("a WebSocket link", () => {
  test("hands on generated frames, in fragments, between texts and pings, however they are cut", async () => {
    const part = fc.record({
      kind: fc.constantFrom("frame", "frame", "parted", "text", "ping", "short"),
      length: fc.integer({ min: 14, max: 160 }),
    });
    const cuts = fc.array(fc.nat(2_000), { maxLength: 6 });
    let open = fed();
    let salt = 0;
    await check(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), cuts, async (parts, at) => {
        if (open.watched.closes.length > 0) open = fed();
        const { socket, watched } = open;
        watched.frames.length = 0;
        const frames: Buffer[] = [];
        const bytes = parts.map(({ kind, length }) => {
          const one = frame({ length, salt: ++salt });
          if (kind === "text") return plainMessage(TEXT, one);
          if (kind === "ping") return plainMessage(PING, one.subarray(0, 20));
          if (kind === "short") return plainMessage(BINARY, one.subarray(0, 13));
          frames.push(one);
          return kind === "frame" ? plainMessage(BINARY, one) : inThree(one);
        });
        await feed(socket, Buffer.concat(bytes), at);
        assert.deepEqual(watched.frames, frames);
      }),
    );
  });

  test("survives the far end's death at any byte, with the frames that were whole", async () => {
    const frames = [14, 125, 126].map((length, salt) => frame({ length, salt }));
    const bytes = Buffer.concat(frames.map((one) => plainMessage(BINARY, one)));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { socket, watched } = fed();
      // `ws` unmasks in place.
      socket.push(Buffer.from(bytes.subarray(0, cut)));
      socket.push(null);
      await eventually(() => watched.closes.length > 0, "the close event");
      const { messages } = readPlainMessages(bytes.subarray(0, cut));
      assert.deepEqual(
        watched.frames,
        messages.map(({ content }) => content),
        `cut at ${cut}`,
      );
      assert.equal(watched.closes.length, 1);
    }
  });

  test("ends on generated bytes that are no messages, without a word but its end", async () => {
    await check(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.nat(40), { maxLength: 3 }),
        async (bytes, cuts) => {
          const { socket, watched } = fed();
          await feed(socket, Buffer.from(bytes), cuts);
          watched.link.close();
          await new Promise((resolve) => setImmediate(resolve));
          assert.equal(watched.closes.length, 1);
          for (const one of watched.frames) assert.ok(one.length >= 14);
        },
      ),
    );
  });

  test("leaves out text and counts what is shorter than a frame", async (t) => {
    const { socket, watched } = await plainPair(t);
    const one = frame();
    const nothing = Buffer.alloc(0);
    for (const [opcode, content] of [
      [TEXT, one],
      [BINARY, nothing],
      [BINARY, one.subarray(0, 13)],
      [BINARY, one],
    ] as const)
      socket.write(plainMessage(opcode, content));
    await eventually(() => watched.frames.length > 0, "the frame");
    assert.deepEqual(watched.frames, [one]);
    assert.deepEqual(watched.drops, { malformed: 2 });
  });

  for (const [what, bytes] of Object.entries({
    "a message above the longest frame": plainMessage(BINARY, Buffer.alloc(69_633)),
    "a text above the longest frame": plainMessage(TEXT, Buffer.alloc(69_633)),
    "a message that a client has not masked": plainMessage(BINARY, frame(), { mask: null }),
    "more than 256 fragments": Buffer.concat(
      Array.from({ length: 300 }, (_, index) =>
        plainMessage(index === 0 ? BINARY : 0, Buffer.alloc(1), { final: false }),
      ),
    ),
    "what is no WebSocket": Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  }))
    test(`ends, saying why, on ${what}`, async (t) => {
      const { socket, watched, messages } = await plainPair(t);
      socket.write(bytes);
      await eventually(() => watched.closes.length > 0, "the close event");
      assert.match(String(watched.closes[0]), /broke the rules of WebSocket/);
      assert.deepEqual(watched.frames, []);
      await eventually(() => messages().some(({ opcode }) => opcode === CLOSE), "a close message");
    });

  test("ends in order when the far end says so, and confirms it", async (t) => {
    const { socket, watched, messages } = await plainPair(t);
    socket.write(
      Buffer.concat([plainMessage(BINARY, frame()), plainMessage(CLOSE, Buffer.from([0x03, 0xe8]))]),
    );
    await eventually(() => watched.closes.length > 0, "the close event");
    assert.deepEqual(watched.closes, [undefined]);
    assert.deepEqual(watched.frames, [frame()]);
    assert.equal(messages().at(-1)?.opcode, CLOSE);
  });

  test("tells the far end that it goes away", async (t) => {
    const { watched, messages } = await plainPair(t);
    watched.link.close();
    await eventually(() => messages().at(-1)?.opcode === CLOSE, "a close message");
    assert.equal(messages().at(-1)!.content.readUInt16BE(), 1_001);
  });

  test("answers the last of many pings, and a flood of them with few", async (t) => {
    const { socket, messages } = await plainPair(t);
    const pings = Array.from({ length: 20_000 }, (_, index) =>
      plainMessage(PING, Buffer.from(String(index))),
    );
    socket.write(Buffer.concat(pings));
    const pongs = (): string[] =>
      messages().flatMap(({ opcode, content }) => (opcode === PONG ? [String(content)] : []));
    await eventually(() => pongs().at(-1) === "19999", "the last answer");
    assert.ok(pongs().length < 2_000, `${pongs().length} answers`);
  });

  test("keeps nothing for a peer that floods it with pings and reads no answer", async (t) => {
    const { link, far, close } = await acceptedWebSocket(false);
    t.after(close);
    const watched = new WatchedLink(link);
    watched.start();
    far.stall(true);
    const before = process.memoryUsage().arrayBuffers;
    const content = Buffer.alloc(125, 1);
    for (let round = 0; round < 100; round++) {
      await new Promise<void>((resolve) => {
        for (let count = 1; count < 1_000; count++) far.webSocket.ping(content);
        far.webSocket.ping(content, true, () => resolve());
      });
    }
    far.send([frame()]);
    await eventually(() => watched.frames.length === 1, "the frame behind the pings");
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 8_000_000, `${grown} bytes more for 12 MB of pings`);
    link.close();
  });

  test("pings at every beat, and ends a peer that has not answered by the next", async (t) => {
    const pulse = new Pulse(60);
    const { watched, messages } = await plainPair(t, pulse);
    await eventually(() => watched.closes.length > 0, "the close event");
    assert.match(String(watched.closes[0]), /answers no ping/);
    assert.ok(messages().some(({ opcode }) => opcode === PING));
  });

  test("keeps a peer that answers, and one that is not read from", async (t) => {
    const pulse = new Pulse(200);
    const { link, far, close } = await acceptedWebSocket(false, { pulse });
    t.after(close);
    const watched = new WatchedLink(link);
    watched.start();
    await eventually(() => far.pings >= 4, "four pings");
    watched.call(() => link.pause());
    const { pings } = far;
    await eventually(() => far.pings >= pings + 3, "three more");
    watched.call(() => link.resume());
    assert.equal(watched.closes.length, 0);
    link.close();
  });

  test("takes the first sub-protocol that is offered, and no compression", async (t) => {
    const { port, links } = await door(t);
    const peer = await WebSocketPeer.connect(`ws://127.0.0.1:${port}/any/path`, {}, ["binary", "base64"]);
    assert.equal(peer.webSocket.protocol, "binary");
    assert.equal(peer.webSocket.extensions, "");
    peer.webSocket.terminate();
    links[0]!.close();
  });
});

test("a request that asks for something else than a WebSocket is refused", async (t) => {
  const { port, links } = await door(t);
  const socket: Socket = connect({ host: "127.0.0.1", port });
  t.after(() => socket.destroy());
  let heard = "";
  socket.on("data", (bytes) => {
    heard += String(bytes);
  });
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  await eventually(() => heard.includes("400"), "a refusal");
  await quiet(10);
  assert.deepEqual(links, []);
});

test("a send while the answer to a TLS handshake is on its way is not lost", async (t) => {
  const { link, far, close } = await acceptedWebSocket(true);
  t.after(close);
  const watched = new WatchedLink(link);
  watched.start();
  await watched.sendAll(records(frame()));
  await eventually(() => far.frames.length === 1, "the frame");
  link.close();
});

/** A message in three fragments, with a ping between them. */
function inThree(content: Buffer): Buffer {
  const [first, second] = [Math.floor(content.length / 3), Math.floor(content.length / 2)];
  return Buffer.concat([
    plainMessage(BINARY, content.subarray(0, first), { final: false }),
    plainMessage(PING, Buffer.alloc(0)),
    plainMessage(0, content.subarray(first, second), { final: false }),
    plainMessage(0, content.subarray(second)),
  ]);
}

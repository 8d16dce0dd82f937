/** What a WebSocket link does with peers that are not as they should be. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { Pulse } from "../../src/link/pulse.js";
import { WatchedLink } from "../contracts/watched-link.js";
import { eventually, quiet } from "../support/clock.js";
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
  UPGRADE,
} from "../support/plain-websocket.js";
import { acceptedWebSocket, WebSocketPeer, webSocketDoor } from "../support/websockets.js";

/** A client that says its bytes itself. */
async function plainClient(t: TestContext, port: number) {
  const socket = connect({ host: "127.0.0.1", port });
  let heard: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  const lines = Object.entries({ host: "127.0.0.1", ...UPGRADE }).map(
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

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { TapswitchError } from "../../src/errors.js";
import { StreamLink } from "../../src/link/stream.js";
import { MAX_MESSAGES, Session } from "../../src/session/session.js";
import { ManualClock } from "../support/clock.js";
import { FedSocket, frame, message, records, split } from "../support/peers.js";

function make(options: { native: boolean; upgrade?: (text: string) => void }) {
  const clock = new ManualClock();
  const socket = new FedSocket();
  const link = new StreamLink(socket.open, { kind: "tcp", peer: "10.0.0.1:5" });
  const session = new Session(link, {
    clock,
    ...(options.native ? { offload: 1 } : {}),
    ...(options.upgrade === undefined ? {} : { upgrade: options.upgrade }),
  });
  const closes: (Error | undefined)[] = [];
  const frames: Buffer[] = [];
  session.start({
    batch: ({ bytes, start, end }) => {
      frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => Buffer.from(payload)));
    },
    drain: () => undefined,
    dropped: () => undefined,
    close: (error) => void closes.push(error),
  });
  const said = (): unknown[] =>
    split(Buffer.concat(socket.written)).records.map(({ payload }) => JSON.parse(payload.toString()));
  return { clock, socket, session, closes, frames, said };
}

function errorOf(closes: readonly (Error | undefined)[]): string {
  assert.equal(closes.length, 1);
  const error = closes[0] as TapswitchError;
  return `${error.code}: ${error.message}`;
}

describe("a native session", () => {
  test("answers a ping with its time", () => {
    const { socket, said } = make({ native: true });
    socket.feed(message({ type: "ping", time: 12.5 }));
    assert.deepEqual(said(), [{ type: "pong", time: 12.5 }]);
  });

  test("ends a peer that floods it with messages, and lets one talk as fast as any client does", () => {
    const { clock, socket, closes } = make({ native: true });
    for (let seconds = 0; seconds < 5; seconds++) {
      for (let count = 0; count < MAX_MESSAGES; count++) socket.feed(message({ type: "ping", time: 0 }));
      clock.advance(1_000);
    }
    assert.deepEqual(closes, []);
    for (let count = 0; count <= MAX_MESSAGES; count++) socket.feed(message({ type: "unheard-of" }));
    assert.equal(socket.destroyed, true);
  });

  test("measures the round trip of its own ping", () => {
    const { clock, socket, session, said } = make({ native: true });
    assert.equal(session.rttMs, null);
    session.ping();
    clock.advance(7);
    const { time } = said()[0] as { time: number };
    socket.feed(message({ type: "pong", time }));
    assert.equal(session.rttMs, 7);
  });

  test("never measures less than nothing, whatever a peer makes up", () => {
    const { socket, session } = make({ native: true });
    socket.feed(message({ type: "pong", time: 1e300 }));
    assert.equal(session.rttMs, 0);
  });

  test("ends with what a bye said", async () => {
    const { socket, closes } = make({ native: true });
    socket.feed(message({ type: "bye", code: "shutdown", message: "the server is stopping" }));
    await turn();
    assert.equal(errorOf(closes), "bye: the server is stopping");
  });

  test("ignores messages of a type it does not know", async () => {
    const { socket, closes, frames } = make({ native: true });
    socket.feed(Buffer.concat([message({ type: "sing", song: 1 }), records(frame())]));
    await turn();
    assert.deepEqual(closes, []);
    assert.equal(frames.length, 1);
  });

  const hello = { type: "hello", version: 1, instance: "x".repeat(16), capabilities: {} };
  const wrong: [string, unknown, RegExp][] = [
    ["a second hello", hello, /^protocol: the peer sent 'hello' out of turn/],
    ["a hello of another version", { ...hello, version: 2 }, /^protocol: the peer sent 'hello' out of turn/],
    [
      "a refusal",
      { type: "refuse", code: "x", message: "x" },
      /^protocol: the peer sent 'refuse' out of turn/,
    ],
    ["a ping without time", { type: "ping" }, /^protocol: the peer sent an invalid message \(ping\.time: /],
    ["no JSON", "{", /^protocol: the peer sent an invalid message \(it is not JSON\)/],
  ];
  for (const [what, content, expected] of wrong) {
    test(`ends at ${what}`, async () => {
      const { socket, closes } = make({ native: true });
      socket.feed(message(content));
      await turn();
      assert.match(errorOf(closes), expected);
    });
  }

  test("says bye with the reason", () => {
    const { session, said } = make({ native: true });
    session.bye("leaving", "the client is leaving");
    assert.deepEqual(said(), [{ type: "bye", code: "leaving", message: "the client is leaving" }]);
  });
});

describe("a raw session", () => {
  test("is never sent a message", async () => {
    const { session, said, closes } = make({ native: false });
    session.bye("shutdown", "the server is stopping");
    await turn();
    assert.deepEqual(said(), []);
    assert.equal(closes.length, 1);
  });

  test("takes finished frames of at most 65,535 bytes", () => {
    assert.deepEqual(make({ native: false }).session.capabilities, { maxFrame: 65_535, offload: 0 });
    assert.deepEqual(make({ native: true }).session.capabilities, { maxFrame: 69_632, offload: 1 });
  });

  test("hands its first message to whoever can make it native, and is no port any more", () => {
    const texts: string[] = [];
    const { socket, closes } = make({ native: false, upgrade: (text) => void texts.push(text) });
    socket.feed(message('{"type":"hello"}'));
    assert.deepEqual(texts, ['{"type":"hello"}']);
    assert.deepEqual(closes, [undefined]);
  });

  test("ends at a message after frames", async () => {
    const texts: string[] = [];
    const { socket, closes } = make({ native: false, upgrade: (text) => void texts.push(text) });
    socket.feed(Buffer.concat([records(frame()), message('{"type":"hello"}')]));
    await turn();
    assert.deepEqual(texts, []);
    assert.match(errorOf(closes), /^protocol: .*a raw peer sends none/);
  });
});

test("names the stream it runs over", () => {
  const { session } = make({ native: true });
  assert.deepEqual([session.kind, session.peer], ["tcp", "10.0.0.1:5"]);
});

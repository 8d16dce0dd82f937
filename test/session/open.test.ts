import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { monotonicClock } from "../../src/clock.js";
import type { TapswitchError } from "../../src/errors.js";
import { Offload } from "../../src/frame/offload.js";
import type { StreamLink } from "../../src/link/stream.js";
import { type OpenedSession, openSession } from "../../src/session/open.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, message, type Peer, records } from "../support/peers.js";
import { streamUnderTest } from "../support/server.js";

const WELCOME = {
  type: "welcome",
  version: 1,
  network: "default",
  port: 3,
  name: "host",
  mtu: 1_500,
  keepaliveMs: 10_000,
  capabilities: { offload: ["csum", "tso4"] },
  warnings: [],
};

interface Opening {
  readonly peer: Peer;
  readonly link: StreamLink;
  readonly opened: Promise<OpenedSession>;
}

/** A client that has just said hello to a server which the test plays. */
async function open(t: TestContext): Promise<Opening> {
  const { link, peer, close } = await streamUnderTest("tcp", "dialled");
  t.after(close);
  const hello = { instance: "0123456789abcdef", name: "host-1", capabilities: { offload: ["csum", "uso"] } };
  const opened = openSession(link, hello, monotonicClock);
  // A refusal may come before the test looks for it.
  opened.catch(() => undefined);
  return { peer, link, opened };
}

async function refusal(opened: Promise<OpenedSession>): Promise<TapswitchError> {
  try {
    await opened;
  } catch (error) {
    return error as TapswitchError;
  }
  throw new Error("it was welcomed");
}

describe("opening a session", { concurrency: true }, () => {
  test("says hello in our version, and is welcome", async (t) => {
    const { peer, opened } = await open(t);
    assert.deepEqual(await peer.heard(), {
      type: "hello",
      version: 1,
      instance: "0123456789abcdef",
      name: "host-1",
      capabilities: { offload: ["csum", "uso"] },
    });
    peer.say({ ...WELCOME, colour: "red" });
    const { session, welcome } = await opened;
    assert.deepEqual(welcome, WELCOME);
    assert.equal(session.native, true);
    assert.equal(session.capabilities.offload, Offload.csum, "what both of them list");
  });

  test("ignores frames before the welcome, and messages it does not know", async (t) => {
    const { peer, opened } = await open(t);
    peer.write(records(frame()), message({ type: "motd", text: "hi" }), records(frame()));
    await quiet(20);
    peer.say(WELCOME);
    const { session } = await opened;
    let frames = 0;
    session.start({
      batch: () => {
        frames++;
      },
      drain: () => undefined,
      dropped: () => undefined,
      close: () => undefined,
    });
    peer.send(frame());
    await eventually(() => frames === 1, "the frame after the welcome");
  });

  for (const code of ["version", "unknown-network", "already-connected", "full", "native-only", "protocol"]) {
    test(`passes on the refusal '${code}' with its sentence`, async (t) => {
      const { peer, opened, link } = await open(t);
      peer.say({ type: "refuse", code, message: "because" });
      const error = await refusal(opened);
      assert.deepEqual([error.code, error.message], [code, "the server refused: because"]);
      await peer.ended();
      assert.equal(link.send(records(frame()), 0, 64), "done");
    });
  }

  test("takes a refusal with a code it does not know for one that may heal", async (t) => {
    const { peer, opened } = await open(t);
    peer.say({ type: "refuse", code: "no-permission", message: "because" });
    const error = await refusal(opened);
    assert.deepEqual([error.code, error.message], ["unreachable", "the server refused: because"]);
  });

  const wrong: [string, unknown, RegExp][] = [
    ["a ping", { type: "ping", time: 1 }, /answered hello with 'ping'/],
    ["a welcome without port", { ...WELCOME, port: undefined }, /with an invalid message \(welcome\.port: /],
    ["no JSON", "[", /with an invalid message \(it is not JSON\)/],
  ];
  for (const [what, content, expected] of wrong) {
    test(`fails when the answer is ${what}`, async (t) => {
      const { peer, opened } = await open(t);
      peer.say(content);
      const error = await refusal(opened);
      assert.equal(error.code, "protocol");
      assert.match(error.message, expected);
      await peer.ended();
    });
  }

  test("fails when the server closes without a word", async (t) => {
    const { peer, opened } = await open(t);
    peer.destroy();
    const error = await refusal(opened);
    assert.equal(error.code, "unreachable");
    assert.match(error.message, /closed the connection before it answered/);
  });

  test("fails when what answers is no tapswitch, and says so", async (t) => {
    const { peer, opened } = await open(t);
    peer.write(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await refusal(opened);
    assert.equal(error.code, "unreachable");
    assert.match(error.message, /does not speak this protocol/);
  });

  test("fails when no answer comes for ten seconds", async (t) => {
    const { peer, opened } = await open(t);
    const error = await refusal(opened);
    assert.equal(error.code, "timeout");
    assert.match(error.message, /no answer within 10000 ms/);
    await peer.ended();
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SILENT_MS } from "../../src/session/accept.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, hello, message, records } from "../support/peers.js";

import { accept, codeOf } from "./acceptance.js";

describe("a raw peer", { concurrency: true }, () => {
  test("has a port from its first frame on, which is not lost", async (t) => {
    const { peer, raw, frames } = await accept(t);
    const one = frame();
    peer.send(one);
    await eventually(() => frames.length === 1, "the frame");
    assert.deepEqual(frames, [one]);
    assert.equal(raw[0]!.native, false);
    assert.deepEqual(raw[0]!.capabilities, { maxFrame: 65_535, offload: 0 });
    assert.deepEqual(peer.records, [], "it is told nothing");
  });

  test("has a port after a second of silence, not before", async (t) => {
    const since = performance.now();
    const { raw, peer } = await accept(t);
    await eventually(() => raw.length === 1, "the port");
    assert.ok(performance.now() - since > SILENT_MS - 50);
    const one = records(frame());
    raw[0]!.send(one, 0, one.length);
    await peer.gotFrames(1);
  });

  test("that has been silent becomes native on a late hello", async (t) => {
    const { raw, sessions, closed, peer, frames } = await accept(t);
    await eventually(() => raw.length === 1, "the port");
    peer.say(hello());
    assert.equal((await peer.heard())["type"], "welcome");
    assert.equal(sessions.length, 1);
    assert.deepEqual(closed, [undefined], "the raw port goes");
    peer.send(frame());
    await eventually(() => frames.length === 1, "a frame through the new port");
    assert.equal(raw[0] !== sessions[0], true);
  });

  test("whose hello was on its way for more than a second becomes native", async (t) => {
    const { raw, peer } = await accept(t);
    const said = message(hello());
    peer.write(said.subarray(0, 9));
    await eventually(() => raw.length === 1, "the port");
    peer.write(said.subarray(9));
    assert.equal((await peer.heard())["type"], "welcome");
  });

  test("that was silent and says hello in another version is refused as ever", async (t) => {
    const { raw, closed, early, peer } = await accept(t);
    await eventually(() => raw.length === 1, "the port");
    peer.say(hello({ version: 9 }));
    assert.equal((await peer.heard())["code"], "version");
    await eventually(() => early.length === 1, "the end");
    assert.equal(closed.length, 1);
  });

  test("that has sent frames cannot become native", async (t) => {
    const { peer, closed } = await accept(t);
    peer.write(records(frame()), message(hello()));
    await eventually(() => closed.length === 1, "the end");
    assert.equal(codeOf(closed[0]), "protocol");
    assert.match(closed[0]!.message, /a raw peer sends none/);
  });

  test("that leaves while it is silent is forgotten", async (t) => {
    const { peer, raw, early } = await accept(t);
    peer.destroy();
    await eventually(() => early.length === 1, "the end");
    await quiet(SILENT_MS + 100);
    assert.equal(raw.length, 0);
  });

  test("that sends a byte now and then loses its port when its record takes too long", async (t) => {
    const { peer, raw, closed, early } = await accept(t, { unfinishedMs: 1_500 });
    const bytes = records(frame({ length: 1_000 }));
    for (let at = 0; !peer.closed && at < bytes.length; at++) {
      peer.write(bytes.subarray(at, at + 1));
      await quiet(100);
    }
    assert.equal(raw.length, 1, "it was a silent peer for a while");
    assert.deepEqual(early, []);
    assert.equal(codeOf(closed[0]), "timeout");
  });
});

describe("where raw peers are not taken", { concurrency: true }, () => {
  test("a frame is answered with the reason, and the end", async (t) => {
    const { peer, raw, early } = await accept(t, { raw: false });
    peer.send(frame(), frame());
    assert.equal((await peer.heard())["code"], "native-only");
    await eventually(() => early.length === 1, "the end");
    assert.equal(codeOf(early[0]), "native-only");
    assert.equal(raw.length, 0);
  });

  test("a native peer is welcomed", async (t) => {
    const { peer } = await accept(t, { raw: false });
    peer.say(hello());
    assert.equal((await peer.heard())["type"], "welcome");
  });

  test("a silent peer is told after five seconds that hello is missing", { timeout: 10_000 }, async (t) => {
    const { peer, raw } = await accept(t, { raw: false });
    const answer = await peer.heard(7_000);
    assert.equal(answer["code"], "timeout");
    assert.match(answer["message"] as string, /no hello within 5000 ms/);
    assert.equal(raw.length, 0);
  });
});

test("garbage ends the connection with the reason, and no port is made", async (t) => {
  const { peer, raw, early } = await accept(t);
  peer.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  await eventually(() => early.length === 1, "the end");
  assert.equal(codeOf(early[0]), "protocol");
  assert.equal(raw.length, 0);
});

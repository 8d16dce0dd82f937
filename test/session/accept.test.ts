import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TapswitchError } from "../../src/errors.js";
import type { Admitted } from "../../src/session/grant.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, hello, message, records } from "../support/peers.js";

import { ADMITTED, accept, codeOf, welcome } from "./acceptance.js";

describe("a native peer", { concurrency: true }, () => {
  test("is welcomed, and has a port from then on", async (t) => {
    const { peer, sessions, hellos, frames } = await accept(t);
    peer.say(hello({ name: "host-1", capabilities: { offload: ["csum", "what-is-this"] } }));
    assert.deepEqual(await peer.heard(), welcome());
    assert.equal(sessions[0]!.native, true);
    assert.equal(sessions[0]!.capabilities.offload, 1);
    assert.equal(hellos[0]!.name, "host-1");
    const one = frame();
    peer.send(one);
    await eventually(() => frames.length === 1, "the frame");
    assert.deepEqual(frames, [one]);
  });

  test("may send its hello byte by byte", async (t) => {
    const { peer } = await accept(t);
    for (const byte of message(hello())) {
      peer.write(Uint8Array.of(byte));
      await quiet(0);
    }
    assert.equal((await peer.heard())["type"], "welcome");
  });

  test("belongs to no port before the welcome: frames that come earlier are ignored", async (t) => {
    let admit: (grant: Admitted) => void = () => undefined;
    const granted = new Promise<Admitted>((resolve) => {
      admit = resolve;
    });
    const { peer, frames } = await accept(t, { admit: () => granted });
    const late = frame({ salt: 2 });
    peer.write(message(hello()), records(frame({ salt: 1 })));
    await quiet(30);
    admit(ADMITTED);
    await peer.heard();
    peer.send(late);
    await eventually(() => frames.length > 0, "a frame");
    assert.deepEqual(frames, [late]);
  });

  test("is told in a sentence that names both versions when it speaks another", async (t) => {
    for (const [version, who] of [
      [2, "the server"],
      [0, "the client"],
    ] as const) {
      const { peer, early } = await accept(t);
      peer.say({ ...hello(), version, something: "new" });
      const answer = await peer.heard();
      assert.equal(answer["code"], "version");
      assert.match(
        answer["message"] as string,
        new RegExp(`version ${version} and this server version 1: upgrade ${who}`),
      );
      await peer.ended();
      await eventually(() => early.length === 1, "the end");
      assert.equal(codeOf(early[0]), "version");
    }
  });

  test("is told in what way its hello cannot be read", async (t) => {
    const { peer, early } = await accept(t);
    peer.say(hello({ mtu: "big" }));
    const answer = await peer.heard();
    assert.equal(answer["code"], "protocol");
    assert.match(answer["message"] as string, /^cannot read the first message: hello\.mtu: /);
    await eventually(() => early.length === 1, "the end");
  });

  test("is told in what way its first message is none", async (t) => {
    const { peer } = await accept(t);
    peer.say("this is not JSON");
    assert.equal((await peer.heard())["message"], "cannot read the first message: it is not JSON");
  });

  test("is told why it is not let in", async (t) => {
    const { peer, early } = await accept(t, {
      admit: async () => {
        throw new TapswitchError("unknown-network", "there is no network 'x' here");
      },
    });
    peer.say(hello());
    assert.deepEqual(await peer.heard(), {
      type: "refuse",
      code: "unknown-network",
      message: "there is no network 'x' here",
    });
    await eventually(() => early.length === 1, "the end");
    assert.equal(codeOf(early[0]), "unknown-network");
  });

  test("learns nothing about an error inside the server but that there was one", async (t) => {
    for (const error of [
      new TapswitchError("bad-state", "cannot write '/var/lib/tapswitch/access.json' (ENOSPC)"),
      new Error("/etc/secret is not readable"),
    ]) {
      const { peer, early } = await accept(t, { admit: () => Promise.reject(error) });
      peer.say(hello());
      assert.deepEqual(await peer.heard(), { type: "refuse", code: "system", message: "internal error" });
      await eventually(() => early.length === 1, "the end");
      assert.match(String(early[0]?.message), /ENOSPC|internal error/);
    }
  });

  for (const first of ["welcome", "ping", "bye", "sing"] as const) {
    test(`that begins with '${first}' loses its connection`, async (t) => {
      const { peer, early } = await accept(t);
      const content = { ...welcome(), type: first, time: 1, code: "x", message: "x" };
      peer.say(content);
      await peer.ended();
      await eventually(() => early.length === 1, "the end");
      assert.equal(codeOf(early[0]), "protocol");
      assert.deepEqual(peer.records, []);
    });
  }

  test("that says a second thing before it is answered loses its connection", async (t) => {
    const { peer, early, sessions } = await accept(t, {
      admit: async () => {
        await quiet(50);
        return ADMITTED;
      },
    });
    peer.write(message(hello()), message(hello()));
    await peer.ended();
    await eventually(() => early.length === 1, "the end");
    assert.equal(codeOf(early[0]), "protocol");
    await quiet(80);
    assert.equal(sessions.length, 0, "it must get no port any more");
  });

  test("that leaves before it is let in gets no port", async (t) => {
    let admitted = false;
    const { peer, early, sessions } = await accept(t, {
      admit: async () => {
        await quiet(60);
        admitted = true;
        return ADMITTED;
      },
    });
    peer.say(hello());
    await quiet(20);
    peer.destroy();
    await eventually(() => admitted, "the decision");
    await quiet(10);
    assert.equal(early.length, 1);
    assert.equal(sessions.length, 0);
  });
});

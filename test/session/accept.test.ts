import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { monotonicClock } from "../../src/clock.js";
import { TapswitchError } from "../../src/errors.js";
import { acceptSession, type Grant, SILENT_MS } from "../../src/session/accept.js";
import type { Hello, Welcome } from "../../src/session/messages.js";
import type { Session } from "../../src/session/session.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, hello, message, type Peer, records } from "../support/peers.js";
import { streamUnderTest } from "../support/server.js";

interface Accepted {
  readonly peer: Peer;
  readonly sessions: Session[];
  readonly raw: Session[];
  readonly hellos: Hello[];
  /** Frames that the sessions handed on. */
  readonly frames: Buffer[];
  /** How streams ended that had no session, and sessions. */
  readonly early: (Error | undefined)[];
  readonly closed: (Error | undefined)[];
}

interface HowAccepted {
  readonly raw?: boolean;
  readonly unfinishedMs?: number;
  admit?(hello: Hello): Promise<Grant>;
}

/** One accepted connection whose host writes down what happens. */
async function accept(t: TestContext, how: HowAccepted = {}): Promise<Accepted> {
  const { raw = true, unfinishedMs, admit = async () => ({ network: "default" }) } = how;
  const { link, peer, close } = await streamUnderTest(
    "tcp",
    "accepted",
    unfinishedMs === undefined ? {} : { unfinishedMs },
  );
  t.after(close);
  const accepted: Accepted = { peer, sessions: [], raw: [], hellos: [], frames: [], early: [], closed: [] };
  const begin = (session: Session): void =>
    session.start({
      batch: ({ bytes, start, end }) => {
        accepted.frames.push(Buffer.from(bytes.subarray(start + 4, end)));
      },
      drain: () => undefined,
      dropped: () => undefined,
      close: (error) => void accepted.closed.push(error),
    });
  acceptSession(link, {
    raw,
    clock: monotonicClock,
    host: {
      admit: (said) => admit(said),
      attach: (session, said) => {
        accepted.sessions.push(session);
        accepted.hellos.push(said);
        begin(session);
        return welcome();
      },
      attachRaw: (session) => {
        accepted.raw.push(session);
        begin(session);
      },
      heard: () => undefined,
      ended: (_, error) => void accepted.early.push(error),
    },
  });
  return accepted;
}

function welcome(): Welcome {
  return {
    type: "welcome",
    version: 1,
    network: "default",
    port: 1,
    name: "host",
    mtu: 1_500,
    keepaliveMs: 10_000,
    capabilities: { offload: [] },
    warnings: [],
  };
}

function codeOf(error: Error | undefined): string {
  return (error as TapswitchError | undefined)?.code ?? "none";
}

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
    let admit: (grant: Grant) => void = () => undefined;
    const granted = new Promise<Grant>((resolve) => {
      admit = resolve;
    });
    const { peer, frames } = await accept(t, { admit: () => granted });
    const late = frame({ salt: 2 });
    peer.write(message(hello()), records(frame({ salt: 1 })));
    await quiet(30);
    admit({ network: "default" });
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
    const { peer } = await accept(t, {
      admit: async () => {
        throw new Error("/etc/secret is not readable");
      },
    });
    peer.say(hello());
    assert.deepEqual(await peer.heard(), { type: "refuse", code: "system", message: "internal error" });
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
        return { network: "default" };
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
        return { network: "default" };
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

import assert from "node:assert/strict";
import { createServer, type Server as NetServer } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { monotonicClock } from "../../src/clock.js";
import { parseEndpoint } from "../../src/config/endpoint.js";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { Server } from "../../src/daemon/server.js";
import { Uplink, type UplinkOptions } from "../../src/daemon/uplink.js";
import { TapswitchError } from "../../src/errors.js";
import type { Welcome } from "../../src/session/messages.js";
import type { Session } from "../../src/session/session.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, message, Peer, records } from "../support/peers.js";
import { recordedLog, TestServer } from "../support/server.js";

interface Running {
  readonly uplink: Uplink;
  readonly welcomes: Welcome[];
  readonly sessions: Session[];
  readonly losses: (Error | undefined)[];
  /** Warnings, which is what a user sees. */
  warnings(): string[];
  /** Undefined while it runs, "stopped", or the error. */
  outcome(): unknown;
}

function run(t: TestContext, port: number, options: Partial<UplinkOptions> = {}): Running {
  const { log, warnings } = recordedLog();
  const welcomes: Welcome[] = [];
  const sessions: Session[] = [];
  const losses: (Error | undefined)[] = [];
  const uplink: Uplink = new Uplink({
    endpoint: parseEndpoint(`tcp://127.0.0.1:${port}`),
    clock: monotonicClock,
    log,
    hello: () => ({ instance: "uplink-test-0123456789", name: "host", capabilities: { offload: [] } }),
    check: () => undefined,
    up: (session, welcome) => {
      sessions.push(session);
      welcomes.push(welcome);
      session.start({
        batch: () => undefined,
        drain: () => undefined,
        dropped: () => undefined,
        close: (error) => {
          losses.push(error);
          uplink.lost(error);
        },
      });
    },
    ...options,
  });
  let outcome: unknown;
  uplink.run().then(
    () => {
      outcome = "stopped";
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  t.after(() => uplink.stop());
  return { uplink, welcomes, sessions, losses, warnings, outcome: () => outcome };
}

const WELCOME = {
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

/** A server that does to each connection what the test says. */
async function played(
  t: TestContext,
  serve: (peer: Peer, number: number) => void,
): Promise<{ port: number; count(): number }> {
  let count = 0;
  const server: NetServer = createServer((socket) => serve(new Peer(socket), ++count));
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await eventually(() => server.listening, "a listener");
  return { port: (server.address() as { port: number }).port, count: () => count };
}

/** A server on a port of its own choice, or the one given. */
async function serve(port = 0): Promise<Server> {
  const server = new Server(parseServeConfig({ listen: [`tcp://127.0.0.1:${port}`] }), recordedLog().log);
  await server.start();
  return server;
}

describe("uplink", { concurrency: true }, () => {
  test("joins, and says good-bye when it is stopped", async (t) => {
    const server = await TestServer.start(t);
    const running = run(t, server.port());
    await eventually(() => running.welcomes.length === 1, "the welcome");
    assert.equal(server.ports()[0]!.name, "host");
    assert.equal(running.uplink.session, running.sessions[0]);
    running.uplink.stop();
    await eventually(() => running.outcome() === "stopped", "the end");
    await eventually(() => server.ports().length === 0, "the port's end");
    assert.deepEqual(running.warnings(), []);
    assert.equal(server.server.snapshot().ends["bye"], 1);
  });

  test("comes back after the server was restarted, soon, and logs the loss once", async (t) => {
    let server = await serve();
    const port = Number(/:(\d+)/.exec(server.bound[0]!.slice(6))![1]);
    const running = run(t, port);
    await eventually(() => running.welcomes.length === 1, "the welcome");
    await server.stop();
    await eventually(() => running.losses.length === 1, "the loss");
    await quiet(1_500);
    server = await serve(port);
    t.after(() => server.stop());
    const since = performance.now();
    await eventually(() => running.welcomes.length === 2, "the second welcome");
    assert.ok(performance.now() - since < 5_000);
    const warnings = running.warnings();
    assert.equal(warnings.length, 2, warnings.join("\n"));
    assert.match(warnings[0]!, /: the server is stopping; trying again$/);
    assert.match(warnings[1]!, /cannot connect .*ECONNREFUSED.*; trying again$/);
  });

  test("tries for ever where nobody listens, and logs it once", async (t) => {
    const free = await played(t, (peer) => peer.destroy());
    const gone = createServer().listen(0, "127.0.0.1");
    await eventually(() => gone.listening, "a port");
    const { port } = gone.address() as { port: number };
    await new Promise((resolve) => gone.close(resolve));
    assert.notEqual(port, free.port);
    const running = run(t, port);
    await quiet(2_500);
    assert.equal(running.outcome(), undefined);
    assert.equal(running.warnings().length, 1);
    running.uplink.stop();
    await eventually(() => running.outcome() === "stopped", "the end", 500);
  });

  for (const code of ["version", "unknown-network", "native-only", "protocol"] as const) {
    test(`gives up when it is refused with '${code}' before it ever was welcome`, async (t) => {
      const { port } = await played(t, (peer) => peer.say({ type: "refuse", code, message: "because" }));
      const running = run(t, port);
      await eventually(() => running.outcome() !== undefined, "the end");
      assert.equal((running.outcome() as TapswitchError).code, code);
      assert.equal((running.outcome() as TapswitchError).message, "the server refused: because");
    });
  }

  for (const code of ["full", "already-connected", "timeout", "something-new"]) {
    test(`tries again when it is refused with '${code}'`, async (t) => {
      const { port, count } = await played(t, (peer) =>
        peer.say({ type: "refuse", code, message: "because" }),
      );
      const running = run(t, port);
      await eventually(() => running.warnings().length === 1, "the log");
      assert.match(running.warnings()[0]!, /the server refused: because; trying again/);
      if (code !== "already-connected") await eventually(() => count() > 1, "another try");
      assert.equal(running.outcome(), undefined);
    });
  }

  test("waits for long when it is already connected from elsewhere", async (t) => {
    const refuse = { type: "refuse", code: "already-connected", message: "because" };
    const { port, count } = await played(t, (peer) => peer.say(refuse));
    const running = run(t, port);
    await quiet(3_000);
    assert.equal(count(), 1);
    assert.equal(running.outcome(), undefined);
  });

  test("gives up when the way to the server would be a loop, before it ever was welcome", async (t) => {
    const { port, count } = await played(t, () => undefined);
    const check = (): void => {
      throw new TapswitchError("route-loop", "the route leaves through tap0");
    };
    const running = run(t, port, { check });
    await eventually(() => running.outcome() !== undefined, "the end");
    assert.equal((running.outcome() as TapswitchError).code, "route-loop");
    assert.equal(count(), 0);
  });

  test("after the first welcome no refusal is final", async (t) => {
    const answers = [
      WELCOME,
      { type: "refuse", code: "unknown-network", message: "no such network yet" },
      { type: "refuse", code: "version", message: "in the middle of an upgrade" },
      WELCOME,
    ];
    const { port } = await played(t, (peer, number) => {
      peer.say(answers[number - 1] ?? WELCOME);
      if (number === 1) setTimeout(() => peer.destroy(), 100);
    });
    const running = run(t, port);
    await eventually(() => running.welcomes.length === 2, "the second welcome");
    assert.equal(running.outcome(), undefined);
    const warnings = running.warnings();
    assert.equal(warnings.length, 3, warnings.join("\n"));
    assert.match(warnings[1]!, /no such network yet; trying again/);
    assert.match(warnings[2]!, /in the middle of an upgrade; trying again/);
  });

  test("logs a new loss after each welcome", async (t) => {
    const server = await serve();
    const port = Number(/:(\d+)/.exec(server.bound[0]!.slice(6))![1]);
    const running = run(t, port);
    await eventually(() => running.welcomes.length === 1, "the welcome");
    await server.stop();
    const second = await serve(port);
    await eventually(() => running.welcomes.length === 2, "the second welcome");
    await second.stop();
    await eventually(() => running.losses.length === 2, "the second loss");
    const stopping = running.warnings().filter((line) => /the server is stopping/.test(line));
    assert.equal(stopping.length, 2);
  });

  test("does not storm a server that welcomes it and drops it", async (t) => {
    const { port, count } = await played(t, (peer) => peer.write(message(WELCOME), Buffer.from("garbage")));
    run(t, port);
    await quiet(3_000);
    assert.ok(count() >= 2 && count() <= 7, `${count()} connections in 3 s`);
  });

  test("pings three times within the server's limit, so that an idle session lives", async (t) => {
    const server = await TestServer.start(t, { keepalive: 600 });
    const running = run(t, server.port());
    await eventually(() => running.welcomes.length === 1, "the welcome");
    await quiet(2_500);
    assert.equal(running.welcomes.length, 1);
    assert.deepEqual(running.losses, []);
    assert.ok(running.sessions[0]!.rttMs! >= 0);
  });

  test("leaves a server that is silent for the limit, and tries again", async (t) => {
    const { port, count } = await played(t, (peer) => peer.say({ ...WELCOME, keepaliveMs: 500 }));
    const running = run(t, port);
    await eventually(() => running.losses.length === 1, "the loss");
    assert.match(running.losses[0]!.message, /nothing heard from the server for 500 ms/);
    await eventually(() => count() === 2, "the next try");
  });

  test("is stopped at once while the server does not answer its hello", async (t) => {
    const { port, count } = await played(t, () => undefined);
    const running = run(t, port);
    await eventually(() => count() === 1, "the connection");
    await quiet(50);
    running.uplink.stop();
    await eventually(() => running.outcome() === "stopped", "the end", 500);
  });

  test("is stopped at once while it waits for its next try", async (t) => {
    const { port, count } = await played(t, (peer) => peer.destroy());
    const running = run(t, port);
    await eventually(() => count() >= 3, "some tries");
    running.uplink.stop();
    await eventually(() => running.outcome() === "stopped", "the end", 200);
  });

  test("may be stopped twice, and before it runs", async (t) => {
    const { port, count } = await played(t, () => undefined);
    const running = run(t, port);
    running.uplink.stop();
    running.uplink.stop();
    await eventually(() => running.outcome() === "stopped", "the end", 500);
    await quiet(50);
    assert.ok(count() <= 1);
  });

  test("closes a session that could not be put to use, and tries again", async (t) => {
    const ends: number[] = [];
    const { port } = await played(t, (peer, number) => {
      peer.say(WELCOME);
      peer.socket.on("close", () => ends.push(number));
    });
    let times = 0;
    const running = run(t, port, {
      up: () => {
        times++;
        throw new TapswitchError("system", "the device does not want to");
      },
    });
    await eventually(() => times === 2, "the second try");
    await eventually(() => ends.includes(1), "the end of the first connection", 500);
    assert.equal(running.outcome(), undefined);
    assert.match(running.warnings()[0]!, /the device does not want to; trying again/);
  });

  test("closes a connection for which there is no hello", async (t) => {
    const ends: number[] = [];
    const { port } = await played(t, (peer, number) => void peer.socket.on("close", () => ends.push(number)));
    let times = 0;
    run(t, port, {
      hello: () => {
        times++;
        throw new TapswitchError("device-gone", "tap0 is gone");
      },
    });
    await eventually(() => times === 2, "the second try");
    await eventually(() => ends.includes(1), "the end of the first connection", 500);
  });

  test("hands on what follows the welcome at once", async (t) => {
    const late = frame({ salt: 9 });
    const { port } = await played(t, (peer) => {
      peer.say(WELCOME);
      setTimeout(() => peer.send(late), 50);
    });
    const frames: Buffer[] = [];
    const up = (session: Session): void =>
      session.start({
        batch: ({ bytes, start, end }) => {
          frames.push(Buffer.from(bytes.subarray(start, end)));
        },
        drain: () => undefined,
        dropped: () => undefined,
        close: () => undefined,
      });
    run(t, port, { up });
    await eventually(() => frames.length === 1, "the frame");
    assert.deepEqual(frames, [records(late)]);
  });
});

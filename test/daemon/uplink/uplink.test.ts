import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { TapswitchError } from "../../../src/errors.js";
import type { Session } from "../../../src/session/session.js";
import { eventually, quiet } from "../../support/clock.js";
import { frame, message, records } from "../../support/peers.js";
import { TestServer } from "../../support/server.js";

import { played, run, serve, WELCOME } from "./uplink-harness.js";

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

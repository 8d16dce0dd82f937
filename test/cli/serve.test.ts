/** The command line as a process: what it prints, and what it ends with. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually, quiet } from "../support/clock.js";
import { frame, mac, Peer } from "../support/peers.js";
import { temporaryFolder } from "../support/server.js";

import { start } from "./command.js";

describe("a server", { concurrency: 4 }, () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`ends with 0 within two seconds of ${signal}, whoever is connected, and removes its path`, async (t) => {
      const path = join(temporaryFolder(t), "s.sock");
      const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0?raw=no", "-l", `unix://${path}`]);
      const port = await running.listening();
      await eventually(() => running.stderr.includes(path), "the Unix path");
      const native = await Peer.join({ host: "127.0.0.1", port });
      const stuck = await Peer.join({ path });
      stuck.socket.pause();
      const silent = await Peer.connect({ host: "127.0.0.1", port });
      const raw = await Peer.connect({ path });
      raw.send(frame());
      await native.gotFrames(1);
      const since = performance.now();
      running.child.kill(signal);
      assert.equal(await running.end(), 0);
      assert.ok(performance.now() - since < 2_000, `${performance.now() - since} ms`);
      assert.equal((await native.heard())["type"], "bye");
      await silent.ended();
      assert.equal(existsSync(path), false);
      assert.match(running.stderr, /stopped/);
      stuck.destroy();
    });
  }

  test("ends at once on a second signal", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0"]);
    const stuck = await Peer.join({ host: "127.0.0.1", port: await running.listening() });
    stuck.socket.pause();
    running.child.kill("SIGTERM");
    await quiet(100);
    running.child.kill("SIGTERM");
    assert.equal(await running.end(600), 143);
  });

  test("prints ports and addresses on SIGUSR1, and goes on", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0", "-n", "blue", "-n", "red"]);
    const port = await running.listening();
    const peer = await Peer.join({ host: "127.0.0.1", port }, { name: "web", network: "red" });
    peer.send(frame({ from: mac(7) }));
    peer.say({ type: "ping", time: 1 });
    await peer.heard();
    running.child.kill("SIGUSR1");
    await eventually(
      () => running.stdout.includes("mac "),
      () => running.stdout,
    );
    assert.match(
      running.stdout,
      /^network blue: 0 ports, 0 addresses\nnetwork red: 1 ports?, 1 address(es)?\n/,
    );
    assert.match(
      running.stdout,
      /^ {2}port +1 {2}web +127\.0\.0\.1:\d+ +in 1 out 0 floods 1 queued 0 B drops none$/m,
    );
    assert.match(running.stdout, /^ {2}mac +02:00:00:00:00:07 behind port 1 \(web\), seen 0 s ago$/m);
    assert.equal(running.ended, undefined);
  });

  test("goes on when nobody reads its output or its log any more", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0"]);
    const port = await running.listening();
    running.child.stdout.destroy();
    running.child.stderr.destroy();
    running.child.kill("SIGUSR1");
    await quiet(100);
    const peer = await Peer.join({ host: "127.0.0.1", port });
    peer.destroy();
    await quiet(100);
    running.child.kill("SIGUSR1");
    await Peer.join({ host: "127.0.0.1", port });
    running.child.kill("SIGTERM");
    assert.equal(await running.end(), 0);
  });

  test("logs JSON lines where no terminal shows them", async (t) => {
    const running = start(t, ["serve", "--log-format", "auto", "-l", "tcp://127.0.0.1:0"]);
    await running.listening();
    const entry = JSON.parse(running.stderr.split("\n")[0]!) as { msg: string };
    assert.match(entry.msg, /^listening on /);
  });

  test("says nothing that was not asked for", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const running = start(t, ["serve", "--log-level", "silent", "-l", `unix://${path}`]);
    await eventually(() => existsSync(path), "the Unix path");
    // The path is there a moment before somebody listens.
    await quiet(100);
    await Peer.join({ path });
    running.child.kill("SIGTERM");
    assert.equal(await running.end(), 0);
    assert.equal(running.stderr + running.stdout, "");
  });
});

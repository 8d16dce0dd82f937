import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parseEndpoint } from "../../../src/config/endpoint/endpoint.js";
import { dial } from "../../../src/daemon/uplink/dial.js";
import type { TapswitchError } from "../../../src/errors.js";
import { eventually } from "../../support/clock.js";
import { temporaryFolder } from "../../support/server.js";

async function failure(work: Promise<unknown>): Promise<TapswitchError> {
  try {
    await work;
  } catch (error) {
    return error as TapswitchError;
  }
  throw new Error("it connected");
}

async function listen(
  t: TestContext,
  to: { host: string; port: number } | { path: string },
): Promise<number> {
  const server = createServer((socket) => socket.end());
  t.after(() => server.close());
  server.listen(to);
  await eventually(() => server.listening, "a listener");
  const address = server.address();
  return typeof address === "string" ? 0 : address!.port;
}

describe("dialling", { concurrency: true }, () => {
  test("connects by TCP, by address and by name", async (t) => {
    const port = await listen(t, { host: "127.0.0.1", port: 0 });
    for (const host of ["127.0.0.1", "localhost"]) {
      const link = await dial(parseEndpoint(`tcp://${host}:${port}/blue`));
      assert.deepEqual([link.kind, link.peer], ["tcp", `tcp://${host}:${port}/blue`]);
      link.close();
    }
  });

  test("connects by Unix socket", async (t) => {
    const path = join(temporaryFolder(t), "s");
    await listen(t, { path });
    const link = await dial(parseEndpoint(`unix://${path}`));
    assert.deepEqual([link.kind, link.peer], ["unix", `unix://${path}`]);
    link.close();
  });

  test("says in words that nobody listens", async () => {
    const error = await failure(dial(parseEndpoint("tcp://127.0.0.1:1")));
    assert.equal(error.code, "unreachable");
    assert.equal(error.message, "cannot connect to tcp://127.0.0.1:1 (ECONNREFUSED)");
    const unix = await failure(dial(parseEndpoint("unix:///no/such/path")));
    assert.equal(unix.message, "cannot connect to unix:///no/such/path (ENOENT)");
  });

  test("says in words that a name has no address", async () => {
    const error = await failure(dial(parseEndpoint("tcp://no-such-host.invalid")));
    assert.equal(error.code, "unreachable");
    assert.match(error.message, /cannot find the address of 'no-such-host\.invalid' \(E\w+\)/);
  });

  test("asks before it tries an address", async (t) => {
    let connections = 0;
    const server = createServer(() => connections++).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await eventually(() => server.listening, "a listener");
    const { port } = server.address() as { port: number };
    const seen: string[] = [];
    const check = (address: string): void => {
      seen.push(address);
      throw new Error("not that way");
    };
    await assert.rejects(dial(parseEndpoint(`tcp://127.0.0.1:${port}`), { check }), /not that way/);
    assert.deepEqual(seen, ["127.0.0.1"]);
    assert.equal(connections, 0);
  });

  test("gives an address five seconds, and no more", async (t) => {
    const port = await blackHole(t);
    const since = performance.now();
    const error = await failure(dial(parseEndpoint(`tcp://127.0.0.1:${port}`)));
    const took = performance.now() - since;
    assert.match(error.message, /\(no answer within 5 s\)/);
    assert.ok(took > 4_900 && took < 6_500, `${took} ms`);
  });

  test("ends at once when it is told to", async (t) => {
    const port = await blackHole(t);
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 100);
    const since = performance.now();
    await failure(dial(parseEndpoint(`tcp://127.0.0.1:${port}`), { signal: stopping.signal }));
    assert.ok(performance.now() - since < 1_000);
    await failure(dial(parseEndpoint(`tcp://127.0.0.1:${port}`), { signal: stopping.signal }));
    assert.ok(performance.now() - since < 1_000);
  });
});

/** A port that answers nothing: its listener's queue is full and nobody accepts. */
async function blackHole(t: TestContext): Promise<number> {
  const script = `
    const server = require("net").createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
      process.stdout.write(String(server.address().port));
      setTimeout(() => process.kill(process.pid, "SIGSTOP"), 10);
    });`;
  const child = spawn(process.execPath, ["-e", script]);
  t.after(() => child.kill("SIGKILL"));
  let printed = "";
  child.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  await eventually(() => printed !== "", "the black hole");
  await new Promise((wake) => setTimeout(wake, 100));
  const port = Number(printed);
  for (let filling = 0; filling < 4; filling++) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
  }
  await new Promise((wake) => setTimeout(wake, 100));
  return port;
}

import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { eventually } from "../support/clock.js";
import { Peer } from "../support/peers.js";
import { refusalOf, TestServer, temporaryFolder } from "../support/server.js";

describe("a Unix socket's path", () => {
  test("that a crash has left is replaced", async (t) => {
    const path = await staleSocket(t);
    assert.ok(statSync(path).isSocket());
    const server = await TestServer.start(t, { listen: [`unix://${path}`] });
    await Peer.join({ path });
    assert.equal(server.ports().length, 1);
  });

  test("that is served is refused, and its server not disturbed", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const server = await TestServer.start(t, { listen: [`unix://${path}`] });
    const error = await refusalOf({ listen: [`unix://${path}`] });
    assert.equal(error.code, "in-use");
    assert.match(error.message, /another process serves '.*s\.sock'/);
    await Peer.join({ path });
    assert.equal(server.ports().length, 1);
  });

  test("that is no socket is refused, and left as it was", async (t) => {
    const path = join(temporaryFolder(t), "precious");
    writeFileSync(path, "data");
    const error = await refusalOf({ listen: [`unix://${path}`] });
    assert.equal(error.code, "in-use");
    assert.match(error.message, /exists and is no socket/);
    assert.equal(readFileSync(path, "utf8"), "data");
  });

  test("in a folder that does not exist is refused in words", async (t) => {
    const error = await refusalOf({ listen: [`unix://${temporaryFolder(t)}/no/s.sock`] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /ENOENT.*folder does not exist/);
  });

  test("below a file instead of a folder is refused in words", async (t) => {
    const file = join(temporaryFolder(t), "file");
    writeFileSync(file, "");
    const error = await refusalOf({ listen: [`unix://${file}/s.sock`] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /ENOTDIR/);
  });

  test("has the mode and the group that were asked for", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const group = process.getuid!() === 0 ? "daemon" : String(process.getgid!());
    await TestServer.start(t, { listen: [`unix://${path}?mode=0660&group=${group}`] });
    const facts = statSync(path);
    assert.equal(facts.mode & 0o777, 0o660);
    const id = /^daemon:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1];
    assert.equal(facts.gid, process.getuid!() === 0 ? Number(id) : process.getgid!());
  });

  test("takes a group by number", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const group = process.getgid!();
    await TestServer.start(t, { listen: [`unix://${path}?group=${group}`] });
    assert.equal(statSync(path).gid, group);
  });

  test("with a group that does not exist is refused, and nothing is left listening", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const error = await refusalOf({ listen: [`unix://${path}?group=no-such-group`] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /no group 'no-such-group'/);
    await eventually(() => !existsSync(path), "the path's end", 500);
  });

  test("that is stale but cannot be removed is refused in words", async (t) => {
    const path = await staleSocket(t);
    const folder = join(path, "..");
    chmodSync(path, 0o666);
    chmodSync(folder, 0o555);
    const error = await asNobody(() => refusalOf({ listen: [`unix://${path}`] }));
    chmodSync(folder, 0o755);
    assert.equal(error.code, "no-permission");
    assert.match(error.message, /cannot remove .*s\.sock.* \(EACCES\)/);
  });

  test("that may not be looked at is refused in words", async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o700);
    const error = await asNobody(() => refusalOf({ listen: [`unix://${folder}/s.sock`] }));
    assert.equal(error.code, "no-permission");
    assert.match(error.message, /EACCES/);
  });
});

/** A Unix socket whose server has died without cleaning up. */
async function staleSocket(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "s.sock");
  const { spawn } = await import("node:child_process");
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  const child = spawn(process.execPath, ["-e", script]);
  await new Promise((resolve) => child.on("exit", resolve));
  return path;
}

/** Runs `work` without root's rights, where the test has them. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return work();
  process.setegid!(65_534);
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { afterEach, describe, type TestContext, test } from "node:test";
import { controlPaths, prepareControlFolder, soleControlPath } from "../../src/control/control-path.js";
import { temporaryFolder } from "../support/server.js";

const NOBODY = 65_534;
const MODULE = new URL("../../src/control/control-path.js", import.meta.url).href;
const asRoot = { skip: process.getuid!() !== 0 && "needs root" };

/** A machine whose folder of control sockets this is; nothing is there yet. */
function machine(t: TestContext): string {
  const folder = join(temporaryFolder(t), "run");
  process.env["RUNTIME_DIRECTORY"] = folder;
  return folder;
}

afterEach(() => {
  delete process.env["RUNTIME_DIRECTORY"];
});

/** Somebody answers at the path, until the test ends or `close`. */
function listen(t: TestContext, path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  t.after(() => server.close());
  return new Promise((resolve) => server.listen({ path }, () => resolve(server)));
}

describe("where a socket may be", () => {
  test("is in a folder that others may enter and not change, whatever the umask", async (t) => {
    const folder = machine(t);
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const names = (await controlPaths("control")).map((path) => basename(path));
    assert.deepEqual(names, ["control.sock", `control-${process.pid}.sock`]);
    assert.equal(statSync(folder).mode & 0o777, 0o755);
  });

  test("is not in a folder that others can write to, nor where there can be none", async (t) => {
    const folder = machine(t);
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    assert.deepEqual(await controlPaths("control"), []);
    chmodSync(folder, 0o755);
    assert.equal((await controlPaths("control")).length, 2);
    process.env["RUNTIME_DIRECTORY"] = join(folder, "a/b/c");
    assert.deepEqual(await controlPaths("control"), []);
  });

  test("is not in somebody else's folder", asRoot, async (t) => {
    const folder = machine(t);
    mkdirSync(folder);
    chownSync(folder, NOBODY, NOBODY);
    assert.deepEqual(await controlPaths("control"), []);
  });

  test("is for a process that gives up root in a folder of its own", asRoot, (t) => {
    const folder = machine(t);
    for (let times = 0; times < 2; times++) prepareControlFolder({ uid: NOBODY, gid: NOBODY });
    assert.equal(statSync(folder).uid, 0);
    const own = join(folder, String(NOBODY));
    assert.equal(statSync(own).uid, NOBODY);
    const script = `import { controlPaths } from ${JSON.stringify(MODULE)};
      console.log((await controlPaths("join-tap0"))[0], (await controlPaths("control"))[0]);`;
    const nobody = { uid: NOBODY, gid: NOBODY, encoding: "utf8" } as const;
    chmodSync(dirname(folder), 0o755);
    const asked = spawnSync(process.execPath, ["--input-type=module", "-e", script], nobody);
    assert.equal(asked.stdout, `${own}/join-tap0.sock undefined\n`, asked.stderr);
  });

  test("is cleared of what crashes have left, and of nothing that is alive", async (t) => {
    const folder = machine(t);
    mkdirSync(folder);
    const [left, alive] = [join(folder, "join-tap0-77.sock"), join(folder, "join-tap0-78.sock")];
    await listen(t, alive);
    const dead = await listen(t, join(folder, "elsewhere"));
    // What libuv removes when it is closed is put back, as after a crash.
    linkSync(join(folder, "elsewhere"), left);
    dead.close();
    await controlPaths("join-tap0");
    assert.equal(existsSync(left), false);
    assert.equal(existsSync(alive), true);
  });
});

describe("the process that is meant", () => {
  test("is the only one there is, of the wanted role", async (t) => {
    const folder = machine(t);
    assert.equal(await soleControlPath(), null);
    const [own] = await controlPaths("control");
    assert.equal(await soleControlPath(), null);
    const serve = await listen(t, own!);
    assert.equal(await soleControlPath(), own);
    assert.equal(await soleControlPath("join"), null);
    const other = join(folder, "join-tap0.sock");
    await listen(t, other);
    assert.equal(await soleControlPath("serve"), own);
    const both = { code: "usage", message: new RegExp(`--control PATH: ${own} .serve., ${other} .join.$`) };
    await assert.rejects(soleControlPath(), both);
    await new Promise((resolve) => serve.close(resolve));
    assert.equal(await soleControlPath(), other);
  });

  test("may be a join that gave up root, and no server of somebody else's", asRoot, async (t) => {
    const folder = machine(t);
    prepareControlFolder({ uid: NOBODY, gid: NOBODY });
    const below = join(folder, String(NOBODY));
    await listen(t, join(below, "control.sock"));
    assert.equal(await soleControlPath(), null);
    await listen(t, join(below, "join-tap1.sock"));
    assert.equal(await soleControlPath(), join(below, "join-tap1.sock"));
  });
});

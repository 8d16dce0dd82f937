import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("examples/embed.ts runs as written, prints what it did, and ends by itself", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/examples/embed.js"], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.equal(stderr, "");
  assert.deepEqual(stdout.split("\n"), [
    "listening on tcp://127.0.0.1:PORT",
    "alice hears from 02:00:00:00:00:03: hello, everyone",
    "bob hears from 02:00:00:00:00:03: hello, everyone",
    "carol hears from 02:00:00:00:00:02: hello, Carol",
    "bob hears from 02:00:00:00:00:03: hello, Bob",
    "port alice (memory): 0 in, 1 out, 0 flooded, 0 addresses",
    "port bob (memory): 1 in, 2 out, 0 flooded, 1 addresses",
    "port raw-tcp (tcp): 2 in, 1 out, 1 flooded, 1 addresses",
    "",
  ]);
  assert.equal(status, 0);
});

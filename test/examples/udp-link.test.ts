import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("examples/udp-link.ts runs as written, and ends by itself", () => {
  const options = { cwd: ROOT, encoding: "utf8", timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/examples/udp-link.js"], options);
  assert.equal(stderr, "");
  assert.deepEqual(stdout.split("\n"), [
    "bob hears ffffffffffff0200000000010806",
    "to-here: 2 in, 0 out, 1 refused",
    "bob: 0 in, 1 out, 0 refused",
    "",
  ]);
  assert.equal(status, 0);
});

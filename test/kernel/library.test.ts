/** The program of the README that puts this host on a server's network. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join as path } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelTest } from "../support/kernel.js";
import { join, ping, SERVER_URL, serve, tables, underlay, until } from "../support/kernel-network.js";
import { compile, readmeSnippets } from "../support/readme-snippets.js";

/** Within the package, so that it finds it by its name. */
const FOLDER = fileURLToPath(new URL("../../readme", import.meta.url));

kernelTest("the README's program joins a server with a TAP device of its host", async (lab, t) => {
  mkdirSync(FOLDER, { recursive: true });
  t.after(() => rmSync(FOLDER, { recursive: true, force: true }));
  assert.equal(compile(FOLDER, readmeSnippets()), "");
  await underlay(lab, ["a", "b"]);
  const server = await serve(lab);
  await join(lab, "b");
  const program = lab.spawn("a", [process.execPath, path(FOLDER, "readme-2.js"), SERVER_URL]);
  await program.waitFor(/tap7 is port \d of network default/, 30_000);
  await ping(lab, "b", "10.10.0.7");
  program.signal("SIGTERM");
  assert.equal((await program.exit).status, 0);
  await until(async () => !("embedded" in (await tables(server)).ports), "the end of its port");
});

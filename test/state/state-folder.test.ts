import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lockStateFolder, openStateFolder } from "../../src/state/state-folder.js";
import { temporaryFolder } from "../support/server.js";

const MODULE = new URL("../../src/state/state-folder.js", import.meta.url).href;

/** Takes the lock in a process of its own, which then ends as `end` says. */
function lockElsewhere(folder: string, end: string): string {
  const program = `const { lockStateFolder } = await import(${JSON.stringify(MODULE)});
    try { lockStateFolder(${JSON.stringify(folder)}); console.log("locked"); } catch (error) { console.log(error.code); }
    ${end}`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  }).stdout.trim();
}

test("makes the folder, passable but closed, and refuses one that others can write", (t) => {
  const folder = join(temporaryFolder(t), "deep", "state");
  openStateFolder(folder);
  assert.equal(statSync(folder).mode & 0o066, 0);
  chmodSync(folder, 0o777);
  assert.throws(() => openStateFolder(folder), { code: "bad-state", message: /chmod go-w/ });
});

test("removes what a crash left half written, once it is old", (t) => {
  const folder = temporaryFolder(t);
  const [fresh, old] = [join(folder, "a.unfinished"), join(folder, "b.unfinished")];
  for (const path of [fresh, old]) writeFileSync(path, "");
  utimesSync(old, 0, 0);
  openStateFolder(folder);
  assert.deepEqual([existsSync(fresh), existsSync(old)], [true, false]);
});

test("one process at a time holds the lock; a dead one holds nothing", (t) => {
  const folder = temporaryFolder(t);
  assert.equal(lockElsewhere(folder, "process.kill(process.pid, 'SIGKILL')"), "locked");
  const lock = lockStateFolder(folder);
  assert.equal(lockElsewhere(folder, ""), "in-use");
  assert.throws(() => lockStateFolder(folder), {
    code: "in-use",
    message: new RegExp(`process ${process.pid}`),
  });
  lock.release();
  assert.equal(lockElsewhere(folder, ""), "locked");
});

import assert from "node:assert/strict";
import { linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findUser, giveFolder } from "../../../src/daemon/device/privileges.js";
import { temporaryFolder } from "../../support/server.js";

const skip = process.geteuid?.() === 0 ? false : "only root may give files away";

test("gives a folder and its files to the user, and nothing that a link in it leads to", { skip }, (t) => {
  const base = temporaryFolder(t);
  const folder = join(base, "servers");
  const secret = join(base, "shadow");
  mkdirSync(folder);
  for (const path of [join(folder, "switch_9621"), secret]) writeFileSync(path, "", { mode: 0o600 });
  // What a process of that user may have left there for the next start as root.
  symlinkSync(secret, join(folder, "soft"));
  linkSync(secret, join(folder, "hard"));
  symlinkSync(join(base, "nowhere"), join(folder, "dangling"));
  giveFolder(folder, { name: "nobody", uid: 65_534, gid: 65_534 });
  const owners = [folder, join(folder, "switch_9621"), secret].map((path) => statSync(path).uid);
  assert.deepEqual(owners, [65_534, 65_534, 0]);
});

test("finds a user by name or number, and says which one is missing", () => {
  assert.deepEqual(findUser("root"), { name: "root", uid: 0, gid: 0 });
  assert.deepEqual(findUser("0"), { name: "root", uid: 0, gid: 0 });
  assert.throws(() => findUser("no-such-user"), { code: "usage", message: /no-such-user/ });
});

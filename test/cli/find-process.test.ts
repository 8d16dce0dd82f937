import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Api } from "../../src/control/api.js";
import { violations } from "../support/json-schema.js";
import { secureServer } from "../support/secure.js";
import { temporaryFolder } from "../support/server.js";
import { statusView } from "../support/views.js";
import { start } from "./command.js";
import { inspected } from "./inspected.js";

const answers = (pid: number): Api["calls"] => ({ status: () => statusView({ pid }) });

describe("the process that is asked", { concurrency: 4 }, () => {
  test("is behind TAPSWITCH_CONTROL, unless --control names another", async (t) => {
    const [one, other] = [await inspected(t, answers(1)), await inspected(t, answers(2))];
    for (const [args, pid] of [[[], 1] as const, [["--control", other.path], 2] as const]) {
      const running = start(t, ["status", "--json", ...args], { TAPSWITCH_CONTROL: one.path });
      assert.equal(await running.end(), 0, running.stderr);
      assert.equal(JSON.parse(running.stdout).pid, pid);
    }
  });

  test("is the one of TAPSWITCH_STATE, where a server keeps its socket there", async (t) => {
    const { path } = await inspected(t, answers(7));
    const environment = { TAPSWITCH_STATE: join(path, "..") };
    const running = start(t, ["status", "--json"], environment);
    assert.equal(await running.end(), 0, running.stderr);
    assert.equal(JSON.parse(running.stdout).pid, 7);
  });

  test("is said to be away by the path that was looked at", async (t) => {
    const path = join(temporaryFolder(t), "none.sock");
    const running = start(t, ["ports"], { TAPSWITCH_CONTROL: path });
    assert.equal(await running.end(), 1);
    assert.match(running.stderr, new RegExp(`nothing runs behind '${path}'`));
  });
});

test("commands about members and keys publish the schema of their JSON, and keep to it", async (t) => {
  const { folder } = await secureServer(t);
  const environment = { TAPSWITCH_STATE: folder };
  const commands = [
    ["invite", "--name", "a", "--advertise", "h:1"],
    ["invites"],
    ["members"],
    ["identity"],
    ["revoke", "nobody"],
  ];
  for (const args of commands) {
    const schema = start(t, [args[0]!, "--json-schema"], environment);
    assert.equal(await schema.end(), 0, schema.stderr);
    const running = start(t, [...args, "--json"], environment);
    const isThere = args[0] !== "revoke";
    assert.equal(await running.end(), isThere ? 0 : 1, running.stderr);
    if (isThere) assert.deepEqual(violations(JSON.parse(schema.stdout), JSON.parse(running.stdout)), []);
  }
});

/** Programs at the end of a cable: what they are given, what is heard of them, and that they end. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type ExecOptions, openExec } from "../../src/link/exec.js";
import type { Link } from "../../src/link/link.js";
import { openPasst } from "../../src/link/passt.js";
import { eventually } from "../support/clock.js";
import { frame, records, split } from "../support/peers.js";
import { temporaryFolder } from "../support/server.js";

interface Cable {
  readonly link: Link;
  readonly said: string[];
  readonly frames: Buffer[];
  readonly closes: (Error | undefined)[];
  send(...frames: Buffer[]): void;
}

async function run(
  t: TestContext,
  command: string,
  framing: ExecOptions["framing"] = "record",
): Promise<Cable> {
  const cable = { said: [] as string[], frames: [] as Buffer[], closes: [] as (Error | undefined)[] };
  const link = await openExec({ command, framing, said: (line) => cable.said.push(line) });
  t.after(() => link.close());
  link.start({
    batch: ({ bytes, start, end }) =>
      void cable.frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload)),
    drain: () => undefined,
    dropped: () => undefined,
    close: (error) => cable.closes.push(error),
  });
  const send = (...frames: Buffer[]): void =>
    void link.send(records(...frames), 0, records(...frames).length);
  return { ...cable, link, send };
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/State:\tZ/.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

describe("a program as the cable", () => {
  for (const framing of ["record", "vde"] as const)
    test(`has frames on standard input and gives them on standard output, framing ${framing}`, async (t) => {
      const cable = await run(t, "cat", framing);
      const sent = Array.from({ length: 200 }, (_, salt) =>
        frame({ salt, length: 14 + ((salt * 97) % 1_500) }),
      );
      cable.send(...sent);
      await eventually(() => cable.frames.length === sent.length, "the frames");
      assert.deepEqual(cable.frames, sent);
    });

  test("with the framing of VDE's plugs reads one whole record at a time, however much there is", async (t) => {
    const cable = await run(
      t,
      "while size=$(dd bs=4096 count=1 2>/dev/null | wc -c) && [ $size -gt 0 ]; do echo $size >&2; done",
      "vde",
    );
    cable.send(...[60, 1_514, 14].map((length) => frame({ length })));
    await eventually(() => cable.said.length === 3, "three reads");
    assert.deepEqual(cable.said, ["62", "1516", "16"]);
  });

  test("is heard line by line, and its last line with its end", async (t) => {
    const cable = await run(t, "echo one >&2; echo two words >&2; exit 3");
    await eventually(() => cable.closes.length === 1, "the end");
    assert.deepEqual(cable.said, ["one", "two words"]);
    assert.match(cable.closes[0]!.message, /^the program '.*' has ended \(status 3\): two words$/);
  });

  test("that is not there has a shell to say so", async (t) => {
    const cable = await run(t, "exec /nowhere/at/all");
    await eventually(() => cable.closes.length === 1, "the end");
    assert.match(cable.closes[0]!.message, /status 127\): .*not found/);
  });

  test("that breaks the wire's format ends the link with what was wrong", async (t) => {
    const cable = await run(t, "printf '\\377\\0\\0\\1x'; sleep 60");
    await eventually(() => cable.closes.length === 1, "the end");
    assert.match(cable.closes[0]!.message, /unknown kind/);
    const plug = await run(t, "printf '\\377\\377xx'; sleep 60", "vde");
    await eventually(() => plug.closes.length === 1, "the end");
    assert.match(plug.closes[0]!.message, /out of step/);
  });

  test("ends with its link, and all that it has started with it, willing or not", async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "pids");
    const cable = await run(
      t,
      `trap '' TERM; sleep 1000 & echo $$ $! > ${file}.new; mv ${file}.new ${file}; wait; wait`,
    );
    await eventually(() => existsSync(file), "its pids");
    const pids = readFileSync(file, "utf8").trim().split(" ").map(Number);
    assert.ok(pids.length === 2 && pids.every(isAlive));
    cable.link.close();
    await eventually(() => !pids.some(isAlive), "their end");
  });

  test("that ends takes its helpers along", async (t) => {
    const cable = await run(t, "sleep 1000 & echo $! >&2; exit 0");
    await eventually(() => cable.closes.length === 1, "the end");
    const pid = Number(cable.said[0]);
    await eventually(() => !isAlive(pid), "its helper's end");
  });

  test("may end at any moment, under whatever is sent to it", async (t) => {
    for (let round = 0; round < 10; round++) {
      const cable = await run(t, `head -c ${round * 700} >/dev/null`, round % 2 === 0 ? "record" : "vde");
      for (let count = 0; cable.closes.length === 0 && count < 5_000; count++) {
        cable.send(frame({ length: 1_514 }));
        if (count % 50 === 0) await new Promise(setImmediate);
      }
      await eventually(() => cable.closes.length === 1, "the end");
    }
  });
});

test("where passt is missing, its package is named", async () => {
  await assert.rejects(openPasst({ args: [], program: "/nowhere/passt", said: () => undefined }), {
    code: "missing",
    message: "the program '/nowhere/passt' is not there: install it (Debian: apt install passt)",
  });
});

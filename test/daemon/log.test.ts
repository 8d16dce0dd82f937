import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../../src/config/log-options.js";
import { createLog } from "../../src/daemon/log.js";

function lines(json: boolean, level: LogLevel, say: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  say(createLog({ level, json, write: (line) => void written.push(line) }));
  return written;
}

test("writes one readable line for each entry, with its fields", () => {
  const [line] = lines(false, "info", (log) =>
    log.info({ port: 3, mtu: 1_500, names: ["a", "b"] }, "port up"),
  );
  assert.match(line!, /^\d\d:\d\d:\d\d\.\d{3} port up port=3 mtu=1500 names=\["a","b"\]\n$/);
});

test("names the level where it is not information", () => {
  const [line] = lines(false, "info", (log) => log.warn("look out"));
  assert.match(line!, /^\S+ warning: look out\n$/);
});

test("writes JSON for machines", () => {
  const [line] = lines(true, "info", (log) => log.child({ network: "blue" }).info({ port: 3 }, "port up"));
  const entry = JSON.parse(line!) as Record<string, unknown>;
  assert.deepEqual(
    [entry["msg"], entry["port"], entry["network"], entry["level"]],
    ["port up", 3, "blue", 30],
  );
});

test("leaves out what is less important than asked for", () => {
  const say = (log: ReturnType<typeof createLog>): void => {
    log.debug("a");
    log.info("b");
    log.error("c");
  };
  assert.equal(lines(false, "warn", say).length, 1);
  assert.equal(lines(false, "debug", say).length, 3);
  assert.equal(lines(false, "silent", say).length, 0);
});

test("an entry stays on one line, and moves no terminal's cursor", () => {
  const [line] = lines(false, "info", (log) => log.info({ why: "a\nb\u001b[2J" }, "x\r\ny\u009b"));
  assert.doesNotMatch(line!.slice(0, -1), /\p{Cc}/u);
});

test("for the journal each line begins with its priority, in either format", () => {
  const say = (log: ReturnType<typeof createLog>): void => {
    for (const level of ["debug", "info", "warn", "error", "fatal"] as const) log[level]("word");
  };
  for (const json of [true, false]) {
    const written: string[] = [];
    say(createLog({ level: "debug", json, priority: true, write: (line) => void written.push(line) }));
    assert.deepEqual(
      written.map((line) => line.slice(0, 3)),
      ["<7>", "<6>", "<4>", "<3>", "<2>"],
    );
    for (const line of written) assert.match(line, json ? /^<\d>\{.*\}\n$/ : /^<\d>\d\d:.*word\n$/);
  }
});

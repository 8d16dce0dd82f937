import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lookOf } from "../../src/cli/format/look.js";
import { progressLine, resultLines } from "../../src/cli/test-lines.js";
import type { Api } from "../../src/control/api.js";
import type { ProbeLine, ProbeResult } from "../../src/control/probe-api.js";
import { start } from "./command.js";
import { inspected } from "./inspected.js";

const flow = { bitsPerSecond: 2.2e9, bytes: 1.1e9, seconds: 4, framesSent: 1_000, framesArrived: 1_000 };
const result: ProbeResult = {
  type: "result",
  name: "web",
  mac: "02:00:00:00:00:02",
  frameBytes: 65_000,
  latency: { sent: 200, received: 199, minMs: 0.5, p50Ms: 0.75, p99Ms: 2, maxMs: 12.3, jitterMs: 0.1 },
  up: flow,
  down: { ...flow, framesArrived: 990, bitsPerSecond: 50_000 },
};

function answering(...lines: ProbeLine[]): Api["streams"] {
  return {
    test: (_, sink) => {
      for (const line of lines) sink.write(`${JSON.stringify(line)}\n`);
      sink.end();
    },
  };
}

const progress: ProbeLine = { type: "progress", phase: "up", done: 0.5, bitsPerSecond: 1e9 };

test("shows how a test goes on, and what it has measured", () => {
  assert.equal(progressLine(progress), `up       [${"#".repeat(15)}${".".repeat(15)}] 1.00Gbit/s`);
  assert.deepEqual(resultLines(result, lookOf({})), [
    "web (02:00:00:00:00:02), frames of 65000 bytes",
    "latency  min 0.50ms  median 0.75ms  p99 2.0ms  max 12.3ms  jitter 0.10ms",
    "         1 of 200 lost (0.50 %)",
    "up       2.200 Gbit/s  1.10GB in 4.0s, 0 of 1000 lost (0 %)",
    "down     0.00005 Gbit/s  1.10GB in 4.0s, 10 of 1000 lost (1.00 %)",
  ]);
});

describe("tapswitch test", { concurrency: 4 }, () => {
  test("prints no bar where nothing is a terminal", async (t) => {
    const { path } = await inspected(t, {}, answering(progress, result));
    const running = start(t, ["test", "web", "--control", path]);
    assert.equal(await running.end(), 0);
    assert.equal(running.stderr, "");
    assert.match(running.stdout, /^web .*\nlatency .*\n.*\nup +2\.200 Gbit\/s.*\ndown .*\n$/);
  });

  test("prints the result as JSON", async (t) => {
    const { path } = await inspected(t, {}, answering(progress, result));
    const running = start(t, ["test", "web", "--json", "--control", path]);
    assert.equal(await running.end(), 0);
    assert.deepEqual(JSON.parse(running.stdout), result);
  });

  const failures: [string, string[], Api["streams"], number, RegExp][] = [
    [
      "what failed",
      [],
      answering({ type: "failed", code: "not-found", message: "nobody answers" }),
      1,
      /nobody answers/,
    ],
    ["that the process has ended", [], answering(progress), 1, /has ended/],
    ["that a server cannot", [], {}, 1, /answers no 'test'/],
    ["which number is wrong", ["--seconds", "61"], {}, 2, /--seconds '61'/],
    ["that a size is none", ["--size", "10"], {}, 2, /--size '10'/],
  ];
  for (const [what, args, streams, status, expected] of failures) {
    test(`says in one line ${what}`, async (t) => {
      const { path } = await inspected(t, {}, streams);
      const running = start(t, ["test", "web", ...args, "--control", path]);
      assert.equal(await running.end(), status, running.stderr);
      assert.match(running.stderr, expected);
      assert.match(running.stderr, /^tapswitch: [^\n]*\n$/);
      assert.equal(running.stdout, "");
    });
  }
});

/** `top` on a real terminal: it takes the whole screen, and gives it back whatever ends it. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { eventually } from "../../support/clock.js";
import { networkView, portView, statusView } from "../../support/views.js";
import { BIN, Running } from "../command.js";
import { inspected } from "../inspected.js";

const ENTERED = "\x1b[?1049h";
const LEFT = "\x1b[?1049l";
const networks = [networkView(), networkView({ name: "blue" })];

/** Runs `top` on a terminal of 80 by 24, which `script` makes. */
function onTerminal(t: TestContext, path: string, ...args: string[]): Running {
  const top = [process.execPath, BIN, "top", "--control", path, "--interval", "0.2", ...args].join(" ");
  const script = `stty cols 80 rows 24; echo pid $$; exec ${top}`;
  const running = new Running("script", ["-qefc", script, "/dev/null"], { TERM: "xterm", SHELL: "/bin/sh" });
  t.after(() => running.child.kill("SIGKILL"));
  return running;
}

async function shown(running: Running, what: string | RegExp): Promise<void> {
  await eventually(
    () => (typeof what === "string" ? running.stdout.includes(what) : what.test(running.stdout)),
    () => `${what} in ${JSON.stringify(running.stdout)}`,
  );
}

/** The last that a terminal was told: its screen is back, with cursor and wrapping. */
function assertRestored({ stdout }: Running): void {
  assert.ok(stdout.lastIndexOf(LEFT) > stdout.lastIndexOf(ENTERED), JSON.stringify(stdout.slice(-200)));
  assert.ok(stdout.lastIndexOf("\x1b[?25h") > stdout.lastIndexOf("\x1b[?25l"));
  assert.ok(stdout.lastIndexOf("\x1b[?7h") > stdout.lastIndexOf("\x1b[?7l"));
}

describe("top on a terminal", { concurrency: 4 }, () => {
  const ports = () => [portView(), portView(2, { name: "db", network: "blue" })];
  const calls = { status: () => statusView({ networks }), ports };

  test("takes keys, and ends with 0 by q", async (t) => {
    const { path } = await inspected(t, calls);
    const running = onTerminal(t, path);
    await shown(running, "sort:in");
    running.child.stdin.write("sn");
    await shown(running, /sort:out .*network:default/);
    running.child.stdin.write("q");
    assert.equal(await running.end(), 0);
    assertRestored(running);
  });

  test("ends with 0 by Ctrl-C", async (t) => {
    const { path } = await inspected(t, calls);
    const running = onTerminal(t, path);
    await shown(running, "sort:in");
    running.child.stdin.write("\x03");
    assert.equal(await running.end(), 0);
    assertRestored(running);
  });

  test("ends with 0 by SIGTERM, and gives the screen back", async (t) => {
    const { path } = await inspected(t, calls);
    const running = onTerminal(t, path);
    await shown(running, "sort:in");
    process.kill(Number(/pid (\d+)/.exec(running.stdout)![1]), "SIGTERM");
    assert.equal(await running.end(), 0);
    assertRestored(running);
  });

  test("gives the screen back before it tells an error that nobody foresaw", async (t) => {
    let asked = 0;
    const broken = () => ({ ...statusView({ networks }), role: asked++ < 3 ? "serve" : "nonsense" }) as never;
    const { path } = await inspected(t, { ...calls, status: broken });
    const running = onTerminal(t, path);
    assert.equal(await running.end(), 1);
    assertRestored(running);
    assert.match(running.stdout.slice(running.stdout.lastIndexOf(LEFT)), /tapswitch: unexpected error: /);
  });

  test("says when the process is gone, and goes on when it is back", async (t) => {
    let isGone = false;
    const status = () => {
      if (isGone) throw new Error("gone");
      return statusView({ networks });
    };
    const { path } = await inspected(t, { ...calls, status });
    const running = onTerminal(t, path);
    await shown(running, "sort:in");
    isGone = true;
    await shown(running, "internal error");
    running.child.stdin.write("q");
    assert.equal(await running.end(), 0);
  });

  test("of a network that is not there says which ones are", async (t) => {
    const { path } = await inspected(t, calls);
    const running = onTerminal(t, path, "--network", "red");
    assert.equal(await running.end(), 5);
    assert.match(running.stdout, /there is no network 'red' here: default, blue/);
    assert.equal(running.stdout.includes(ENTERED), false);
  });
});

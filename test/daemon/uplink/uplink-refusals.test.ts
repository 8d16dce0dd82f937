import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TapswitchError } from "../../../src/errors.js";
import { eventually, quiet } from "../../support/clock.js";

import { played, run, WELCOME } from "./uplink-harness.js";

describe("an uplink that is refused", { concurrency: true }, () => {
  for (const code of ["version", "unknown-network", "native-only", "protocol"] as const) {
    test(`gives up when it is refused with '${code}' before it ever was welcome`, async (t) => {
      const { port } = await played(t, (peer) => peer.say({ type: "refuse", code, message: "because" }));
      const running = run(t, port);
      await eventually(() => running.outcome() !== undefined, "the end");
      assert.equal((running.outcome() as TapswitchError).code, code);
      assert.equal((running.outcome() as TapswitchError).message, "the server refused: because");
    });
  }

  for (const code of ["full", "already-connected", "timeout", "something-new"]) {
    test(`tries again when it is refused with '${code}'`, async (t) => {
      const { port, count } = await played(t, (peer) =>
        peer.say({ type: "refuse", code, message: "because" }),
      );
      const running = run(t, port);
      await eventually(() => running.warnings().length === 1, "the log");
      assert.match(running.warnings()[0]!, /the server refused: because; trying again/);
      if (code !== "already-connected") await eventually(() => count() > 1, "another try");
      assert.equal(running.outcome(), undefined);
    });
  }

  test("waits for long when it is already connected from elsewhere", async (t) => {
    const refuse = { type: "refuse", code: "already-connected", message: "because" };
    const { port, count } = await played(t, (peer) => peer.say(refuse));
    const running = run(t, port);
    await quiet(3_000);
    assert.equal(count(), 1);
    assert.equal(running.outcome(), undefined);
  });

  test("gives up when the way to the server would be a loop, before it ever was welcome", async (t) => {
    const { port, count } = await played(t, () => undefined);
    const check = (): void => {
      throw new TapswitchError("route-loop", "the route leaves through tap0");
    };
    const running = run(t, port, { check });
    await eventually(() => running.outcome() !== undefined, "the end");
    assert.equal((running.outcome() as TapswitchError).code, "route-loop");
    assert.equal(count(), 0);
  });

  test("after the first welcome no refusal is final", async (t) => {
    const answers = [
      WELCOME,
      { type: "refuse", code: "unknown-network", message: "no such network yet" },
      { type: "refuse", code: "version", message: "in the middle of an upgrade" },
      WELCOME,
    ];
    const { port } = await played(t, (peer, number) => {
      peer.say(answers[number - 1] ?? WELCOME);
      if (number === 1) setTimeout(() => peer.destroy(), 100);
    });
    const running = run(t, port);
    await eventually(() => running.welcomes.length === 2, "the second welcome");
    assert.equal(running.outcome(), undefined);
    const warnings = running.warnings();
    assert.equal(warnings.length, 3, warnings.join("\n"));
    assert.match(warnings[1]!, /no such network yet; trying again/);
    assert.match(warnings[2]!, /in the middle of an upgrade; trying again/);
  });
});

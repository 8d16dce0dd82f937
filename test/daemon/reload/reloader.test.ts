import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OptionValue } from "../../../src/config/config-kind.js";
import { JOIN } from "../../../src/config/join-config.js";
import { SERVE } from "../../../src/config/serve-config.js";
import { EventHub } from "../../../src/control/event-hub.js";
import { JOIN_RELOAD } from "../../../src/daemon/reload/join-reload.js";
import { Reloader } from "../../../src/daemon/reload/reloader.js";
import { SERVE_RELOAD } from "../../../src/daemon/reload/serve-reload.js";
import { TapswitchError } from "../../../src/errors.js";
import { recordedLog } from "../../support/server.js";

interface Sample {
  warm: number;
  cold: number;
  other?: string;
}

function reloading(apply: (next: Sample) => void = () => undefined) {
  const { log, lines } = recordedLog();
  const file: { says: Sample } = { says: { warm: 1, cold: 1 } };
  const applied: Sample[] = [];
  const valuesOf = (config: Sample): OptionValue[] =>
    Object.entries(config).map(([option, value]) => ({ option, value, source: "file" }));
  const reloader = new Reloader<Sample>({
    config: file.says,
    source: {
      values: valuesOf(file.says),
      read: () => ({ config: file.says, values: valuesOf(file.says), given: {} }),
    },
    table: { warm: "live", cold: "restart", other: "live" },
    log,
    hub: new EventHub(() => 0),
    apply: async (next) => {
      apply(next);
      applied.push(next);
      return { applied: [], restart: [] };
    },
  });
  return { reloader, file, applied, lines };
}

describe("a reload", () => {
  test("takes over what is live, and names what needs a restart, each time that it is asked", async () => {
    const { reloader, file, applied, lines } = reloading();
    file.says = { warm: 2, cold: 2 };
    assert.deepEqual(await reloader.reload(), { applied: ["warm: 1, now 2"], restart: ["cold"] });
    assert.deepEqual(applied, [{ warm: 2, cold: 1 }]);
    assert.deepEqual(reloader.config, { warm: 2, cold: 1 });
    assert.deepEqual(
      reloader.values.map(({ value }) => value),
      [2, 1],
    );
    assert.deepEqual(await reloader.reload(), { applied: [], restart: ["cold"] });
    assert.ok(lines.some(({ level, msg }) => level === 40 && /needs a restart: cold/.test(msg)));
  });

  test("that cannot be done changes nothing, and says each mistake in the log", async () => {
    const { reloader, file, lines } = reloading(() => {
      throw new TapswitchError("usage", "one\ntwo");
    });
    file.says = { warm: 2, cold: 1 };
    await assert.rejects(reloader.reload(), { code: "usage" });
    assert.deepEqual(reloader.config, { warm: 1, cold: 1 });
    assert.deepEqual(
      lines.filter(({ level }) => level === 50).map(({ msg }) => msg),
      ["not reloaded: one", "not reloaded: two"],
    );
  });

  test("waits for the one before it", async () => {
    const { reloader, file, applied } = reloading();
    file.says = { warm: 2, cold: 1 };
    const first = reloader.reload();
    const second = reloader.reload();
    file.says = { warm: 3, cold: 1 };
    await Promise.all([first, second]);
    assert.ok(applied.length >= 1 && reloader.config.warm === 3);
    assert.deepEqual(await reloader.reload(), { applied: [], restart: [] });
  });

  test("without a change says so", async () => {
    const { reloader, lines } = reloading();
    assert.deepEqual(await reloader.reload(), { applied: [], restart: [] });
    assert.ok(lines.some(({ msg }) => msg === "reloaded: nothing has changed"));
  });
});

test("of every option it is said whether a running process can take it", () => {
  assert.deepEqual(Object.keys(SERVE_RELOAD).sort(), Object.keys(SERVE.options.shape).sort());
  assert.deepEqual(Object.keys(JOIN_RELOAD).sort(), Object.keys(JOIN.options.shape).sort());
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FdbEntry } from "../../src/control/inspect-api.js";
import { eventually } from "../support/clock.js";
import { answering } from "./http.js";

const MANY = 50_000;

function* entries(count: number, each: (at: number) => void = () => undefined): Generator<FdbEntry> {
  for (let at = 0; at < count; at++) {
    each(at);
    yield {
      network: "default",
      mac: "02:00:00:00:00:01",
      vlan: 0,
      port: at,
      portName: "a",
      ageMs: 0,
      static: false,
    };
  }
}

test("a long list is whole, in order, and made in slices between which other things are done", async (t) => {
  let turns = 0;
  let counting = true;
  const count = (): void => {
    turns++;
    if (counting) setImmediate(count);
  };
  const { ask } = await answering(t, { calls: { fdb: () => entries(MANY) } });
  count();
  const answer = await ask("GET", "/v1/fdb");
  counting = false;
  const list = JSON.parse(answer.body) as FdbEntry[];
  assert.equal(list.length, MANY);
  assert.ok(list.every(({ port }, at) => port === at));
  assert.ok(turns > 20, `${turns} turns of the event loop meanwhile`);
});

test("an empty list is one", async (t) => {
  const { ask } = await answering(t, { calls: { fdb: () => entries(0) } });
  assert.deepEqual(await ask("GET", "/v1/fdb"), { status: 200, type: "application/json", body: "[]" });
});

test("a list whose making fails is no list, and the failure is reported", async (t) => {
  const broken = () =>
    entries(MANY, (at) => {
      if (at === MANY / 2) throw new TypeError("a mistake");
    });
  const { ask, failures } = await answering(t, { calls: { fdb: broken } });
  await assert.rejects(ask("GET", "/v1/fdb"), { code: "ECONNRESET" });
  assert.equal(failures.length, 1);
});

test("a reader that takes nothing is given up, and what it has not taken is not made", async (t) => {
  let made = 0;
  let givenUp = false;
  function* endless(): Generator<FdbEntry> {
    try {
      yield* entries(1e9, () => void made++);
    } finally {
      givenUp = true;
    }
  }
  const { open } = await answering(t, { calls: { fdb: endless } }, { limits: { stalledMs: 50 } });
  (await open("/v1/fdb")).pause();
  await eventually(() => givenUp, "the end");
  assert.ok(made < 100_000, `${made} were made`);
});

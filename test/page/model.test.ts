import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PortView } from "../../src/control/inspect-api.js";
import { Model } from "../../src/page/model.js";
import { portView, statusView } from "../support/views.js";

const network = (name: string) => ({
  ...{ name, ports: 1, macs: 3 },
  ...{ framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0, drops: 0, protections: {} },
});

function told(model: Model, atMs: number, ports: PortView[], fields = {}): void {
  model.update(statusView({ networks: [network("default"), network("blue")], ...fields }), ports, atMs);
}

describe("the page's model", () => {
  test("knows rates from the second answer on, in bits a second", () => {
    const model = new Model();
    told(model, 1_000, [portView(1, { bytesIn: 1_000, bytesOut: 0 })]);
    assert.deepEqual(model.port("default/1")!.rates, { in: 0, out: 0 });
    told(model, 3_000, [portView(1, { bytesIn: 2_000, bytesOut: 500 })], { cpuSeconds: 4 });
    assert.deepEqual(model.port("default/1")!.rates, { in: 4_000, out: 2_000 });
    assert.deepEqual(model.rates, { in: 4_000, out: 2_000 });
    assert.equal(model.cpu, 0.5);
  });

  test("adds up networks and drops", () => {
    const model = new Model();
    const ports = (bytesIn: number, queue: number): PortView[] => [
      portView(1, { bytesIn, drops: { ...portView(1).drops, queue } }),
      portView(1, { network: "blue", bytesIn: 2 * bytesIn }),
    ];
    told(model, 1_000, ports(0, 0));
    told(model, 2_000, ports(100, 7));
    const rates = model.networks.map(({ name, rates, macs }) => [name, rates.in, macs]);
    assert.deepEqual(rates, [
      ["default", 800, 3],
      ["blue", 1_600, 3],
    ]);
    assert.equal(model.dropRate, 7);
    assert.equal(model.portCount, 2);
  });

  test("starts a port anew that has another name or has counted back", () => {
    for (const changed of [portView(1, { name: "other", bytesIn: 900 }), portView(1, { bytesIn: 5 })]) {
      const model = new Model();
      told(model, 1_000, [portView(1, { bytesIn: 100 })]);
      told(model, 2_000, [portView(1, { bytesIn: 200 })]);
      told(model, 3_000, [changed]);
      const { rates, history, smooth } = model.port("default/1")!;
      assert.deepEqual([rates.in, smooth, history.series(3, 3)[0]], [0, 0, [null, null, null]]);
    }
  });

  test("claims no rate across a gap or a restart of the switch", () => {
    const model = new Model();
    told(model, 1_000, [portView(1)]);
    told(model, 60_000, [portView(1, { bytesIn: 1e9 })]);
    assert.equal(model.rates.in, 0);
    told(model, 61_000, [portView(1, { bytesIn: 2e9 })], { startedAt: "2026-02-02T00:00:00.000Z" });
    assert.equal(model.rates.in, 0);
  });

  test("forgets a port that has gone", () => {
    const model = new Model();
    told(model, 1_000, [portView(1), portView(2)]);
    told(model, 2_000, [portView(2)]);
    assert.equal(model.port("default/1"), undefined);
    assert.equal(model.networks[0]!.ports.length, 1);
  });
});

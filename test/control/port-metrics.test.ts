import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Registry } from "prom-client";
import { PORT_COUNTERS, PORT_GAUGES } from "../../src/control/port-figures.js";
import { portMetrics } from "../../src/control/port-metrics.js";

test("the series of ports read as prom-client would have written them, whatever a port is called", async () => {
  const names = ["plain", 'quote"', "back\\slash", "new\nline", "ümlaut"];
  const rows = names.map((port, index) => ({
    network: "a",
    port,
    counters: PORT_COUNTERS.map((_, at) => index * 1e9 + at),
    gauges: PORT_GAUGES.map(() => 0),
  }));
  const text = [...portMetrics("p_", rows)].join("");
  const registers = [new Registry()];
  const { name, help } = PORT_COUNTERS[1]!;
  const slow = new Counter({ name: `p_${name}`, help, labelNames: ["network", "port"], registers });
  for (const { network, port, counters } of rows) slow.inc({ network, port }, counters[1]!);
  assert.ok(text.includes(`\n${await registers[0]!.getSingleMetricAsString(`p_${name}`)}\n`));
});

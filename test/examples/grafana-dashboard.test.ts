import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Metrics } from "../../src/control/metrics.js";
import { ROOT } from "../cli/command.js";
import { portView, statusView, uplinkView } from "../support/views.js";

const NAME = /\b(?:tapswitch|process|nodejs)_[a-z_]+\b/g;

interface Panel {
  readonly title: string;
  readonly description: string;
  readonly targets: readonly { readonly expr: string }[];
}

const text = readFileSync(join(ROOT, "examples/grafana-dashboard.json"), "utf8");
const dashboard = JSON.parse(text) as { panels: Panel[]; templating: { list: { definition?: string }[] } };

/** Labels by the name of each metric that there is. */
async function metrics(): Promise<Map<string, Set<string>>> {
  const status = statusView({
    networks: [
      {
        name: "a",
        ports: 1,
        macs: 1,
        framesIn: 0,
        bytesIn: 0,
        framesOut: 0,
        bytesOut: 0,
        drops: 0,
        protections: {},
      },
    ],
    ends: { end: 1 },
    uplinks: [uplinkView()],
  });
  const scrape = await new Metrics({ status: () => status, ports: () => [portView(1)] }).text();
  const found = new Map<string, Set<string>>();
  for (const [, name, labels = ""] of scrape.toString().matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm))
    found.set(name!, new Set([...labels.matchAll(/([a-z_]+)="/g)].map(([, label]) => label!)));
  return found;
}

const queries = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
];

test("every panel of the Grafana dashboard says what it shows", () => {
  assert.ok(dashboard.panels.length > 10);
  for (const { title, description, targets } of dashboard.panels)
    assert.ok(title !== "" && description.endsWith(".") && targets.length > 0, title);
});

test("every metric and label in the dashboard's queries exists", async () => {
  const known = await metrics();
  assert.ok(queries.length > 20);
  for (const query of queries) {
    const names = query.match(NAME) ?? [];
    assert.ok(names.length > 0, query);
    for (const name of names) assert.ok(known.has(name), `${name} in ${query}`);
    const labels = new Set(names.flatMap((name) => [...known.get(name)!]).concat("instance"));
    for (const [, label] of query.matchAll(/[{,]\s*([a-z_]+)=~?"/g))
      assert.ok(labels.has(label!), `${label} in ${query}`);
    for (const [, list] of query.matchAll(/\bby \(([^)]*)\)/g))
      for (const label of list!.split(", ")) assert.ok(labels.has(label), `${label} in ${query}`);
  }
});

test("every metric is on the dashboard", async () => {
  for (const name of (await metrics()).keys())
    assert.ok(
      queries.some((query) => query.includes(name)),
      name,
    );
});

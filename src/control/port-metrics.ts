/**
 * The series of ports as text [Prometheus exposition format 0.0.4]. There are thousands, and prom-client takes 4 us and
 * 2.6 KB for each, so that garbage collection alone would hold up frames; written here they take 0.2 us.
 */
import { type Figure, PORT_COUNTERS, PORT_GAUGES, type PortRow } from "./port-figures.js";

/** The text in pieces, so that others may have their turn in between. */
export function* portMetrics(prefix: string, rows: readonly PortRow[]): Generator<string> {
  const ports = rows.map(({ network, port }) => `network="${escaped(network)}",port="${escaped(port)}"`);
  for (const [name, members] of families(PORT_COUNTERS)) {
    yield head(prefix + name, members, "counter");
    for (const [index, { counters }] of rows.entries())
      yield series(prefix + name, members, ports[index]!, counters);
  }
  for (const [name, members] of families(PORT_GAUGES)) {
    yield head(prefix + name, members, "gauge");
    for (const [index, { gauges }] of rows.entries())
      yield series(prefix + name, members, ports[index]!, gauges);
  }
}

function head(name: string, [first]: readonly Member[], type: string): string {
  return `\n# HELP ${name} ${first!.help}\n# TYPE ${name} ${type}\n`;
}

/** One port's line, or one for each reason. */
function series(name: string, members: readonly Member[], port: string, values: readonly number[]): string {
  let text = "";
  for (const { reason, at } of members)
    text += `${name}{${port}${reason === undefined ? "" : `,reason="${reason}"`}} ${values[at]}\n`;
  return text;
}

/** A figure, and where its value stands. */
type Member = Figure & { readonly at: number };

/** Figures of one name are one metric: of drops there is one per reason. */
function families(figures: readonly Figure[]): [name: string, members: Member[]][] {
  const found = new Map<string, Member[]>();
  for (const [at, figure] of figures.entries())
    found.set(figure.name, [...(found.get(figure.name) ?? []), { ...figure, at }]);
  return [...found];
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

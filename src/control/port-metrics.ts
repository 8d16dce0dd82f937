/**
 * The series of ports as text [Prometheus exposition format 0.0.4]. There are thousands, and prom-client takes 4 us and
 * 2.6 KB for each, so that garbage collection alone would hold up frames; written here they take 0.2 us.
 */
import { type Figure, PORT_COUNTERS, PORT_GAUGES, type PortRow } from "./port-figures.js";

/** The text of each metric, one after the other. */
export function* portMetrics(prefix: string, rows: readonly PortRow[]): Generator<string> {
  const ports = rows.map(({ network, port }) => `network="${escaped(network)}",port="${escaped(port)}"`);
  for (const [name, members] of families(PORT_COUNTERS))
    yield head(prefix + name, members, "counter") +
      series(prefix + name, members, ports, (index) => rows[index]!.counters);
  for (const [name, members] of families(PORT_GAUGES))
    yield head(prefix + name, members, "gauge") +
      series(prefix + name, members, ports, (index) => rows[index]!.gauges);
}

function head(name: string, [first]: readonly Member[], type: string): string {
  return `# HELP ${name} ${first!.help}\n# TYPE ${name} ${type}`;
}

/** A line for each port, and each reason if there are several. */
function series(
  name: string,
  members: readonly Member[],
  ports: readonly string[],
  valuesOf: (index: number) => readonly number[],
): string {
  let text = "";
  for (const [index, port] of ports.entries()) {
    const values = valuesOf(index);
    for (const { reason, at } of members)
      text += `\n${name}{${port}${reason === undefined ? "" : `,reason="${reason}"`}} ${values[at]}`;
  }
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

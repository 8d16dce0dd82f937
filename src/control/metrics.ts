/**
 * The Prometheus text of `/metrics`. Nothing is counted for it: a scrape formats what status and ports answer. It is
 * written in slices, and the event loop goes round in between, so that a scrape of many ports holds up no frame.
 */
import { setImmediate as turn } from "node:timers/promises";
import { Counter, Gauge, Registry } from "prom-client";
import type { PortView, StatusView } from "./inspect-api.js";
import { encode, gather } from "./paced.js";
import { PortFigures } from "./port-figures.js";
import { portMetrics } from "./port-metrics.js";
import { processMetrics } from "./process-metrics.js";
import type { WireView } from "./wire-api.js";

/** Ports with series of their own: 200 of them make some 3,600 series, which Prometheus takes from one target lightly. */
export const PORT_SERIES = 200;
const PREFIX = "tapswitch_";

/** What the metrics are made of. */
export interface MetricsSource {
  status(): StatusView | Promise<StatusView>;
  ports(): Iterable<PortView> | Promise<Iterable<PortView>>;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #source: MetricsSource;
  readonly #figures: PortFigures;
  readonly #registry = new Registry();
  #status: StatusView | null = null;
  #running: Promise<Buffer> | null = null;

  constructor(source: MetricsSource, portSeries = PORT_SERIES) {
    this.#source = source;
    this.#figures = new PortFigures(portSeries);
    processMetrics(this.#registry);
    for (const family of FAMILIES) this.#register(family);
  }

  /** The text as UTF-8. Scrapes at the same time get the same one. */
  text(): Promise<Buffer> {
    this.#running ??= this.#write().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #write(): Promise<Buffer> {
    const ports = await gather(await this.#source.ports());
    const rows = (await gather(this.#figures.rows(ports))).filter((row) => row !== null);
    this.#status = await this.#source.status();
    const texts: string[] = [];
    for (const { name } of this.#registry.getMetricsAsArray()) {
      await turn();
      texts.push(await this.#registry.getSingleMetricAsString(name));
    }
    const series = await encode(portMetrics(`${PREFIX}port_`, rows));
    return Buffer.concat([Buffer.from(`${texts.join("\n\n")}\n`), series]);
  }

  #register({ type, name, help, labels, samples }: Family): void {
    const options = { name: PREFIX + name, help, labelNames: labels, registers: [this.#registry] };
    const current = (): Iterable<Sample> => (this.#status === null ? [] : samples(this.#status));
    if (type === "gauge") {
      const gauge: Gauge = new Gauge({
        ...options,
        collect: () => {
          gauge.reset();
          for (const [labels, value] of current()) gauge.set(labels, value);
        },
      });
    } else {
      const counter: Counter = new Counter({
        ...options,
        collect: () => {
          counter.reset();
          for (const [labels, value] of current()) counter.inc(labels, value);
        },
      });
    }
  }
}

interface Family {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: string[];
  samples(status: StatusView): Iterable<Sample>;
}

const FAMILIES: readonly Family[] = [
  {
    ...{
      type: "gauge",
      name: "build_info",
      help: "Always 1; which program this is.",
      labels: ["version", "role"],
    },
    samples: ({ version, role }) => [[{ version, role }, 1]],
  },
  {
    ...{ type: "gauge", name: "connections", help: "Open connections, silent and half-open ones included." },
    labels: [],
    samples: (status) => [[{}, status.connections]],
  },
  {
    ...{
      type: "counter",
      name: "connections_turned_away_total",
      help: "Connections that there was no room for.",
    },
    labels: [],
    samples: (status) => [[{}, status.turnedAway]],
  },
  {
    ...{ type: "counter", name: "connections_ended_total", help: "Connections that ended, by error code." },
    labels: ["reason"],
    samples: (status) => Object.entries(status.ends).map(([reason, count]) => [{ reason }, count]),
  },
  {
    ...{ type: "gauge", name: "network_ports", help: "Ports of the network.", labels: ["network"] },
    samples: (status) => status.networks.map(({ name, ports }) => [{ network: name }, ports]),
  },
  {
    ...{
      type: "gauge",
      name: "network_macs",
      help: "Addresses that the network has learned.",
      labels: ["network"],
    },
    samples: (status) => status.networks.map(({ name, macs }) => [{ network: name }, macs]),
  },
  {
    ...{
      type: "counter",
      name: "network_protection_total",
      help: "What protections of the network have done, by protection and figure.",
      labels: ["network", "protection", "figure"],
    },
    samples: (status) =>
      status.networks.flatMap(({ name, protections }) =>
        Object.entries(protections).flatMap(([protection, figures]) =>
          Object.entries(figures).map(
            ([figure, count]): Sample => [{ network: name, protection, figure }, count],
          ),
        ),
      ),
  },
  ...uplinkFamilies(),
  ...wireFamilies(),
];

/** Attached wires, by the name that their port keeps. */
function wireFamilies(): Family[] {
  const labels = ["network", "port"];
  const of = (figure: (wire: WireView) => number): Family["samples"] => {
    return ({ wires }) => wires.map((wire) => [{ network: wire.network, port: wire.portName }, figure(wire)]);
  };
  return [
    {
      ...{
        type: "gauge",
        name: "wire_up",
        help: "Whether the far end of the attached wire is there.",
        labels,
      },
      samples: of(({ state }) => Number(state === "up")),
    },
    {
      ...{
        type: "counter",
        name: "wire_reconnects_total",
        help: "Links of the wire after the first one.",
        labels,
      },
      samples: of(({ reconnects }) => reconnects),
    },
    {
      ...{
        type: "counter",
        name: "wire_failures_total",
        help: "Tries to open the wire that failed.",
        labels,
      },
      samples: of(({ failures }) => failures),
    },
  ];
}

/** Of `join`: its sessions with servers. */
function uplinkFamilies(): Family[] {
  const labels = ["server"];
  return [
    {
      ...{ type: "gauge", name: "uplink_up", help: "Whether the session with the server is up.", labels },
      samples: (status) => status.uplinks.map(({ server, state }) => [{ server }, Number(state === "up")]),
    },
    {
      ...{ type: "gauge", name: "uplink_rtt_seconds", help: "Round trip of the last ping.", labels },
      samples: (status) =>
        status.uplinks.flatMap(({ server, rttMs }) => (rttMs === null ? [] : [[{ server }, rttMs / 1_000]])),
    },
    {
      ...{ type: "counter", name: "uplink_reconnects_total", help: "Sessions after the first one.", labels },
      samples: (status) => status.uplinks.map(({ server, reconnects }) => [{ server }, reconnects]),
    },
  ];
}

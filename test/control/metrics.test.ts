import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PortView, StatusView } from "../../src/control/inspect-api.js";
import { Metrics, PORT_SERIES } from "../../src/control/metrics.js";
import { DROP_REASONS } from "../../src/frame/drop-reason.js";
import { portView, statusView, wireView } from "../support/views.js";

/** Metrics of views that the test may change. */
function metricsOf(views: { status?: StatusView; ports?: PortView[] }, portSeries?: number) {
  const source = { status: () => views.status ?? statusView(), ports: () => views.ports ?? [] };
  return new Metrics(source, portSeries);
}

/** `name{labels}` to value, as they stand in the text. */
async function scrape(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.text())
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

const bytesIn = (port: string): string =>
  `tapswitch_port_receive_bytes_total{network="default",port="${port}"}`;

describe("the metrics", () => {
  test("say what status says", async () => {
    const protections = { "arp-suppression": { answered: 8 } };
    const networks = [{ ...NETWORK, name: "blue", ports: 2, macs: 7, protections }];
    const status = statusView({ networks, connections: 3, turnedAway: 4, ends: { end: 5, timeout: 6 } });
    const found = await scrape(metricsOf({ status }));
    assert.equal(found.get('tapswitch_build_info{version="0.1.0",role="serve"}'), 1);
    assert.equal(found.get("tapswitch_connections"), 3);
    assert.equal(found.get("tapswitch_connections_turned_away_total"), 4);
    assert.equal(found.get('tapswitch_connections_ended_total{reason="end"}'), 5);
    assert.equal(found.get('tapswitch_connections_ended_total{reason="timeout"}'), 6);
    assert.equal(found.get('tapswitch_network_ports{network="blue"}'), 2);
    assert.equal(found.get('tapswitch_network_macs{network="blue"}'), 7);
    const labels = 'network="blue",protection="arp-suppression",figure="answered"';
    assert.equal(found.get(`tapswitch_network_protection_total{${labels}}`), 8);
  });

  test("say what each port has carried, dropped and keeps waiting", async () => {
    const drops = { ...portView(1).drops, queue: 9 };
    const figures = { bytesIn: 1, framesIn: 2, bytesOut: 3, framesOut: 4, floods: 5, macsEvicted: 6 };
    const found = await scrape(
      metricsOf({ ports: [portView(1, { ...figures, queuedBytes: 7, macs: 8, drops })] }),
    );
    const value = (name: string, more = ""): number | undefined =>
      found.get(`tapswitch_port_${name}{network="default",port="port-1"${more}}`);
    assert.deepEqual(
      [
        ...["receive_bytes_total", "receive_frames_total", "transmit_bytes_total", "transmit_frames_total"],
        ...["flooded_frames_total", "macs_evicted_total", "queue_bytes", "macs", "up"],
      ].map((name) => value(name)),
      [1, 2, 3, 4, 5, 6, 7, 8, 1],
    );
    for (const reason of DROP_REASONS)
      assert.equal(value("dropped_frames_total", `,reason="${reason}"`), reason === "queue" ? 9 : 0);
  });

  test("say how the uplinks of a join are", async () => {
    const uplink = {
      server: "tls://s:9621",
      state: "up" as const,
      since: "",
      network: "default",
      port: 1,
      name: "a",
    };
    const uplinks = [{ ...uplink, rttMs: 2.5, grant: null, reconnects: 3, lastError: null }];
    const found = await scrape(metricsOf({ status: statusView({ role: "join", uplinks }) }));
    assert.equal(found.get('tapswitch_uplink_up{server="tls://s:9621"}'), 1);
    assert.equal(found.get('tapswitch_uplink_rtt_seconds{server="tls://s:9621"}'), 0.0025);
    assert.equal(found.get('tapswitch_uplink_reconnects_total{server="tls://s:9621"}'), 3);
  });

  test("say how the attached wires are", async () => {
    const wires = [wireView({ reconnects: 2 }), wireView({ portName: "vm2", state: "waiting", failures: 5 })];
    const found = await scrape(metricsOf({ status: statusView({ wires }) }));
    const values = (port: string) =>
      ["up", "reconnects_total", "failures_total"].map((name) =>
        found.get(`tapswitch_wire_${name}{network="default",port="${port}"}`),
      );
    assert.deepEqual(
      [values("vm1"), values("vm2")],
      [
        [1, 2, 0],
        [0, 0, 5],
      ],
    );
  });

  test("say what the process uses", async () => {
    const found = await scrape(metricsOf({}));
    assert.ok(found.get("process_resident_memory_bytes")! > 1e6);
    assert.ok(found.get("process_cpu_seconds_total")! > 0);
    assert.ok(found.get("process_open_fds")! > 2);
    assert.ok(Math.abs(found.get("process_start_time_seconds")! - Date.now() / 1_000) < 600);
  });

  test("follow from scrape to scrape, and forget a port that has gone", async () => {
    const views = { ports: [portView(1, { bytesIn: 10 }), portView(2)] };
    const metrics = metricsOf(views);
    assert.equal((await scrape(metrics)).get(bytesIn("port-1")), 10);
    views.ports = [portView(1, { bytesIn: 15 })];
    const found = await scrape(metrics);
    assert.equal(found.get(bytesIn("port-1")), 15);
    assert.equal(found.has(bytesIn("port-2")), false);
  });

  test("are the same for two who ask at once", async () => {
    const metrics = metricsOf({ ports: [portView(1)] });
    const [one, other] = await Promise.all([metrics.text(), metrics.text()]);
    assert.equal(one, other);
  });

  test("have one HELP and one TYPE for each name, and no name twice", async () => {
    const text = (await metricsOf({ ports: [portView(1), portView(2)] }).text()).toString();
    const named = [...text.matchAll(/^# (HELP|TYPE) ([a-z_]+)/gm)].map(([, kind, name]) => `${kind} ${name}`);
    assert.equal(new Set(named).size, named.length);
    for (const line of text.split("\n"))
      assert.match(
        line,
        /^$|^# (HELP|TYPE) [a-z_]+ .|^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [\d.e+-]+$/,
      );
  });
});

const NETWORK = {
  name: "default",
  ports: 0,
  macs: 0,
  framesIn: 0,
  bytesIn: 0,
  framesOut: 0,
  bytesOut: 0,
  drops: 0,
  protections: {},
};

describe("ports beyond the limit", () => {
  const crowd = (count: number, bytes: number): PortView[] =>
    Array.from({ length: count }, (_, index) => portView(index + 1, { bytesIn: bytes }));

  test("share one series, however many there are", async () => {
    const found = await scrape(metricsOf({ ports: crowd(1_000, 7) }));
    const series = [...found.keys()].filter((key) => key.startsWith("tapswitch_port_receive_bytes_total"));
    assert.equal(series.length, PORT_SERIES + 1);
    assert.equal(found.get(bytesIn("other")), (1_000 - PORT_SERIES) * 7);
    assert.equal(found.get('tapswitch_port_up{network="default",port="other"}'), 1_000 - PORT_SERIES);
  });

  test("keep a shared series that never goes back, whoever leaves or starts again", async () => {
    const views = { ports: crowd(3, 10) };
    const metrics = metricsOf(views, 1);
    assert.equal((await scrape(metrics)).get(bytesIn("other")), 20);
    views.ports = crowd(2, 14);
    assert.equal((await scrape(metrics)).get(bytesIn("other")), 24);
    views.ports = crowd(3, 5);
    assert.equal((await scrape(metrics)).get(bytesIn("other")), 34);
    views.ports = [];
    assert.equal((await scrape(metrics)).get(bytesIn("other")), 34);
  });

  test("leave those with a series of their own theirs, and a new port takes the place of one that left", async () => {
    const views = { ports: crowd(3, 10) };
    const metrics = metricsOf(views, 2);
    await scrape(metrics);
    views.ports = [portView(2, { bytesIn: 20 }), portView(3, { bytesIn: 20 }), portView(4, { bytesIn: 1 })];
    const found = await scrape(metrics);
    assert.equal(found.get(bytesIn("port-2")), 20);
    assert.equal(found.get(bytesIn("port-4")), 1);
    assert.equal(found.has(bytesIn("port-3")), false);
    assert.equal(found.get(bytesIn("other")), 20);
  });

  test("count a port that is really called 'other'", async () => {
    const found = await scrape(metricsOf({ ports: [portView(1, { name: "other", bytesIn: 3 })] }));
    assert.equal(found.get(bytesIn("other")), 3);
  });

  test("are summed for each network by itself", async () => {
    const ports = [portView(1), portView(1, { network: "blue", bytesIn: 2 }), portView(2, { bytesIn: 3 })];
    const found = await scrape(metricsOf({ ports }, 0));
    assert.equal(found.get(bytesIn("other")), 3);
    assert.equal(found.get(bytesIn("other").replace("default", "blue")), 2);
  });
});

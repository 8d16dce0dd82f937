/** What `tapswitch status` says to people: what it is, what is weak about it, and a table each of what it has. */
import type { ListenerView, NetworkView, StatusView, UplinkView } from "../control/inspect-api.js";
import { bitRate, lost, NONE, since, yesNo } from "./format/cells.js";
import { type Look, paragraph } from "./format/look.js";
import { formatBitRate, formatBytes, formatCount, formatRoundTrip } from "./format/quantities.js";
import { elapsedMs, perSecond, type Samples } from "./format/sample.js";
import { type Cell, table } from "./format/table.js";
import { wireLines } from "./wire-lines.js";

type Device = StatusView["devices"][number];

export function statusLines(samples: Samples<StatusView>, look: Look): string[] {
  const status = samples.now.value;
  const nowMs = Date.parse(status.at);
  const texts = [summary(samples, look), weaknesses(status, look)];
  const tables = [
    networks(samples, look),
    table(LISTENER, status.listeners.map(listener), look),
    table(
      UPLINK,
      status.uplinks.map((one) => uplink(one, nowMs, look)),
      look,
    ),
    table(
      DEVICE,
      status.devices.map((one) => device(one, look)),
      look,
    ),
  ];
  const wires = wireLines(status.wires, nowMs, look);
  // A heading alone is nothing to show.
  const parts = [
    ...texts.filter(({ length }) => length > 0),
    ...[...tables, wires].filter(({ length }) => length > 1),
  ];
  return parts.flatMap((part, at) => (at === 0 ? part : ["", ...part]));
}

function summary(samples: Samples<StatusView>, look: Look): string[] {
  const status = samples.now.value;
  const used = perSecond(status.cpuSeconds, samples.earlier?.value.cpuSeconds, elapsedMs(samples));
  const facts = [
    `${status.role} ${status.version}`,
    `process ${status.pid}`,
    `up ${since(status.startedAt, Date.parse(status.at))}`,
    `memory ${formatBytes(status.memoryBytes)}`,
    ...(used === null ? [] : [`processor ${Math.round(used * 100)}%`]),
    `log level ${status.logLevel}`,
  ];
  const second = status.role === "serve" ? connections(status) : grants(status);
  return [
    ...paragraph(facts.join(", "), look, look.heading),
    ...second.flatMap((text) => paragraph(text, look)),
  ];
}

function connections({ connections: count, turnedAway, ends, streams }: StatusView): string[] {
  const ended = Object.entries(ends).filter(([, times]) => times > 0);
  const facts = [
    `connections ${count}`,
    ...(turnedAway > 0 ? [`turned away ${turnedAway}`] : []),
    ...(ended.length > 0 ? [`ended ${ended.map(([why, times]) => `${why}:${times}`).join(" ")}`] : []),
    ...(streams.cutOff > 0 ? [`slow readers of events and captures cut off ${streams.cutOff}`] : []),
  ];
  return [facts.join(", ")];
}

/** What a server allows everyone, unless told otherwise. */
const USUAL_MACS = 4_096;

/** What servers let us do, where that is not everything. */
function grants({ uplinks }: StatusView): string[] {
  return uplinks.flatMap(({ server, grant }) => {
    if (grant === null) return [];
    const { vlan, macs, ips, macLimit, rate } = grant;
    const terms = [
      ...(vlan === undefined ? [] : [`VLAN ${vlan}`]),
      ...(macs.length === 0 ? [] : [`as ${macs.join(" ")}`]),
      ...(ips.length === 0 ? [] : [`from ${ips.join(" ")}`]),
      ...(macLimit === undefined || macLimit >= USUAL_MACS ? [] : [`at most ${macLimit} MACs`]),
      ...(rate === undefined ? [] : [`at most ${formatBitRate(rate)}`]),
    ];
    return terms.length === 0 ? [] : [`${server} lets us in: ${terms.join(", ")}`];
  });
}

function weaknesses({ listeners }: StatusView, look: Look): string[] {
  return listeners.flatMap(({ url, exposed, raw }) => {
    if (exposed)
      return paragraph(
        `exposed: ${url} lets in anyone who reaches it and encrypts nothing; listen on tls:// instead`,
        look,
        look.bad,
      );
    if (!raw) return [];
    return paragraph(`raw: ${url} lets in peers that do not say who they are`, look, look.warning);
  });
}

const NETWORK = [
  { heading: "NETWORK" },
  ...["PORTS", "MACS", "IN", "OUT", "TOTAL IN", "TOTAL OUT", "DROPS"].map((heading) => ({
    heading,
    align: "right" as const,
  })),
];

function networks(samples: Samples<StatusView>, look: Look): string[] {
  const before = new Map(samples.earlier?.value.networks.map((one) => [one.name, one]));
  const row = (one: NetworkView): Cell[] => {
    const rate = (field: "bytesIn" | "bytesOut"): string =>
      bitRate(perSecond(one[field], before.get(one.name)?.[field], elapsedMs(samples)));
    return [
      one.name,
      String(one.ports),
      String(one.macs),
      rate("bytesIn"),
      rate("bytesOut"),
      formatBytes(one.bytesIn),
      formatBytes(one.bytesOut),
      lost(formatCount(one.drops), look),
    ];
  };
  return table(NETWORK, samples.now.value.networks.map(row), look);
}

const LISTENER = [{ heading: "LISTENER" }, { heading: "ENCRYPTED" }, { heading: "RAW PEERS" }];

function listener({ url, encrypted, raw }: ListenerView): Cell[] {
  return [url, yesNo(encrypted), yesNo(raw)];
}

const UPLINK = [
  { heading: "UPLINK" },
  { heading: "STATE" },
  { heading: "SINCE", align: "right" as const, spare: 1 },
  { heading: "RTT", align: "right" as const },
  { heading: "RECONNECTS", align: "right" as const },
  { heading: "NETWORK", spare: 3 },
  { heading: "PORT", spare: 2 },
  { heading: "LAST ERROR" },
];

function uplink(one: UplinkView, nowMs: number, look: Look): Cell[] {
  return [
    one.server,
    { text: one.state, paint: one.state === "up" ? look.good : look.bad },
    since(one.since, nowMs),
    one.rttMs === null ? NONE : formatRoundTrip(one.rttMs),
    String(one.reconnects),
    one.network ?? NONE,
    one.port === null ? NONE : `${one.port} ${one.name ?? ""}`.trim(),
    one.lastError === null ? NONE : { text: one.lastError, paint: one.state === "up" ? String : look.bad },
  ];
}

const DEVICE = [
  { heading: "DEVICE" },
  { heading: "CARRIER" },
  { heading: "MAC" },
  { heading: "MTU", align: "right" as const },
  { heading: "ADDRESSES" },
  { heading: "OFFLOAD", spare: 1 },
];

function device({ name, carrier, mac, mtu, addresses, offload }: Device, look: Look): Cell[] {
  return [
    name,
    carrier ? { text: "up", paint: look.good } : { text: "down", paint: look.bad },
    mac,
    String(mtu),
    addresses.join(" ") || NONE,
    offload.join(" ") || NONE,
  ];
}

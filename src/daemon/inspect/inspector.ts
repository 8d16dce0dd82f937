/** The answers to what can be asked of every process: `inspect-api.ts`. */
import type { GroupCall, Handlers, InspectCall, StreamHandlers } from "../../control/api.js";
import { streamEvents } from "../../control/event-stream.js";
import type { Kicked, KickRequest, PortView, StatusView } from "../../control/inspect-api.js";
import { version } from "../version.js";
import { fdbDesk } from "./fdb-desk.js";
import { findNetworks, findPort, nameOf } from "./finder.js";
import { groupDesk } from "./group-desk.js";
import type { Inspected, InspectedNetwork } from "./inspected.js";
import { setLogLevel } from "./log-level.js";
import { viewNetwork, viewPort, type WallTime } from "./views.js";

const NO_REASON = "an administrator has ended this connection";

export function inspectorCalls(inspected: Inspected): Handlers<InspectCall | GroupCall> {
  const startedAt = new Date().toISOString();
  const { clock } = inspected;
  return {
    ...fdbDesk(inspected),
    ...groupDesk(inspected),
    status: () => status(inspected, startedAt),
    networks: () => inspected.networks().map(({ watched }) => viewNetwork(watched.switch)),
    ports: ({ network }) => {
      const offset = Date.now() - clock.now();
      return listPorts(findNetworks(inspected.networks(), network), (ms) =>
        new Date(ms + offset).toISOString(),
      );
    },
    kick: (request) => kick(inspected, request),
    reload: () => inspected.reload(),
    config: () => [...inspected.config()],
    setLogLevel: ({ level }) => {
      setLogLevel(inspected.log, inspected.networks(), level);
      return {};
    },
  };
}

export function inspectorStreams({ events }: Inspected): Pick<StreamHandlers, "events"> {
  return { events: (query, sink) => streamEvents(events, query, sink) };
}

function* listPorts(networks: readonly InspectedNetwork[], wall: WallTime): Generator<PortView> {
  for (const network of networks)
    for (const port of [...network.watched.switch.ports])
      yield viewPort(port, nameOf(network), network.memberOf(port), wall);
}

function status(inspected: Inspected, startedAt: string): StatusView {
  const { user, system } = process.cpuUsage();
  return {
    role: inspected.role,
    version,
    pid: process.pid,
    startedAt,
    at: new Date().toISOString(),
    memoryBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    logLevel: inspected.log.level,
    networks: inspected.networks().map(({ watched }) => viewNetwork(watched.switch)),
    streams: inspected.streams(),
    ...inspected.facts(),
  };
}

function kick(inspected: Inspected, { network, port: wanted, reason = NO_REASON }: KickRequest): Kicked {
  const found = findPort(findNetworks(inspected.networks(), network), wanted);
  const { id, name, peer } = found.port.snapshot();
  found.network.kick(found.port, reason);
  const { events } = found.network.watched;
  events.log.info({ port: id, name, peer, reason }, "port kicked");
  events.publish("kicked", { port: name }, `${peer ?? "nobody"} was sent away: ${reason}`);
  return { kicked: [{ network: nameOf(found.network), id, name, peer }] };
}

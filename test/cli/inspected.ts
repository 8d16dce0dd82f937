/** A process to look into that is none: it answers what the test wants. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Api } from "../../src/control/api.js";
import { ControlServer } from "../../src/control/control-server.js";
import { HttpApi } from "../../src/control/http-api.js";
import type { PortView, StatusView } from "../../src/control/inspect-api.js";
import { temporaryFolder } from "../support/server.js";
import * as views from "../support/views.js";

/** Starts to answer; ends with the test. The path of its socket. */
export async function inspected(
  t: TestContext,
  calls: Api["calls"],
  streams: Api["streams"] = {},
): Promise<{ path: string; close(): void }> {
  const path = join(temporaryFolder(t), "control.sock");
  const api: Api = { calls, streams, lacks: (name) => `this process answers no '${name}'` };
  const failed = (error: unknown): void => t.diagnostic(String(error));
  const server = await ControlServer.open({ path, http: new HttpApi({ api, failed }) });
  t.after(() => server.close());
  return { path, close: () => server.close() };
}

export function portView(changes: Partial<PortView> = {}): PortView {
  return views.portView(1, { name: "web", peer: "203.0.113.7:40112", ...changes });
}

export function networkView(name = "default", changes: Partial<StatusView["networks"][number]> = {}) {
  const counters = { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0, drops: 0, protections: {} };
  return { name, ports: 1, macs: 1, ...counters, ...changes };
}

export function uplinkView(changes: Partial<StatusView["uplinks"][number]> = {}) {
  const uplink: StatusView["uplinks"][number] = {
    server: "tls://203.0.113.7:9621",
    state: "up",
    since: "2026-01-01T03:10:00.000Z",
    network: "default",
    port: 3,
    name: "web",
    rttMs: 0.42,
    reconnects: 2,
    lastError: null,
    grant: null,
  };
  return { ...uplink, ...changes };
}

export function statusView(changes: Partial<StatusView> = {}): StatusView {
  return views.statusView({
    version: "0.1.0",
    pid: 4711,
    at: "2026-01-01T03:12:00.000Z",
    memoryBytes: 52_000_000,
    cpuSeconds: 3,
    networks: [networkView()],
    connections: 1,
    ...changes,
  });
}

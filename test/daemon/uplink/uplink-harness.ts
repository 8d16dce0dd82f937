import { createServer, type Server as NetServer } from "node:net";
import type { TestContext } from "node:test";
import { monotonicClock } from "../../../src/clock.js";
import { parseEndpoint } from "../../../src/config/endpoint/endpoint.js";
import { parseServeConfig } from "../../../src/config/serve-config.js";
import { Server } from "../../../src/daemon/server.js";
import { Uplink, type UplinkOptions } from "../../../src/daemon/uplink/uplink.js";
import type { Welcome } from "../../../src/session/messages.js";
import type { Session } from "../../../src/session/session.js";
import { eventually } from "../../support/clock.js";
import { Peer } from "../../support/peers.js";
import { recordedLog } from "../../support/server.js";

export interface Running {
  readonly uplink: Uplink;
  readonly welcomes: Welcome[];
  readonly sessions: Session[];
  readonly losses: (Error | undefined)[];
  /** Warnings, which is what a user sees. */
  warnings(): string[];
  /** Undefined while it runs, "stopped", or the error. */
  outcome(): unknown;
}

export function run(t: TestContext, port: number, options: Partial<UplinkOptions> = {}): Running {
  const { log, warnings } = recordedLog();
  const welcomes: Welcome[] = [];
  const sessions: Session[] = [];
  const losses: (Error | undefined)[] = [];
  const uplink: Uplink = new Uplink({
    endpoint: parseEndpoint(`tcp://127.0.0.1:${port}`),
    clock: monotonicClock,
    log,
    hello: () => ({ instance: "uplink-test-0123456789", name: "host", capabilities: { offload: [] } }),
    check: () => undefined,
    up: (session, welcome) => {
      sessions.push(session);
      welcomes.push(welcome);
      session.start({
        batch: () => undefined,
        drain: () => undefined,
        dropped: () => undefined,
        close: (error) => {
          losses.push(error);
          uplink.lost(error);
        },
      });
    },
    ...options,
  });
  let outcome: unknown;
  uplink.run().then(
    () => {
      outcome = "stopped";
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  t.after(() => uplink.stop());
  return { uplink, welcomes, sessions, losses, warnings, outcome: () => outcome };
}

export const WELCOME = {
  type: "welcome",
  version: 1,
  network: "default",
  port: 1,
  name: "host",
  mtu: 1_500,
  keepaliveMs: 10_000,
  capabilities: { offload: [] },
  warnings: [],
};

/** A server that does to each connection what the test says. */
export async function played(
  t: TestContext,
  serve: (peer: Peer, number: number) => void,
): Promise<{ port: number; count(): number }> {
  let count = 0;
  const server: NetServer = createServer((socket) => serve(new Peer(socket), ++count));
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await eventually(() => server.listening, "a listener");
  return { port: (server.address() as { port: number }).port, count: () => count };
}

/** A server on a port of its own choice, or the one given. */
export async function serve(port = 0): Promise<Server> {
  const server = new Server(parseServeConfig({ listen: [`tcp://127.0.0.1:${port}`] }), recordedLog().log);
  await server.start();
  return server;
}

/** Asks over HTTP the way curl does, and says exactly what came back. */
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import type { Api } from "../../src/control/api.js";
import type { StreamSink } from "../../src/control/call.js";
import { type ControlOptions, ControlServer } from "../../src/control/control-server.js";
import { HttpApi, type HttpLimits } from "../../src/control/http-api.js";
import { temporaryFolder } from "../support/server.js";

export interface Asked {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface HttpUnderTest {
  readonly path: string;
  readonly http: HttpApi;
  readonly server: ControlServer;
  /** Mistakes of ours. */
  readonly failures: unknown[];
  ask(method: string, target: string, body?: string): Promise<Asked>;
  /** A response whose body nobody has read yet. */
  open(target: string): Promise<IncomingMessage>;
  /** A connection on which nothing was said. */
  connect(): Promise<Socket>;
}

/** A stream of events that the test feeds. */
export class FedStream {
  #sink: StreamSink | undefined;
  readonly streams = {
    events: (_: unknown, sink: StreamSink): void => {
      this.#sink = sink;
    },
  };

  get sink(): StreamSink {
    return this.#sink!;
  }
}

interface Options {
  readonly limits?: Partial<HttpLimits>;
  readonly control?: Partial<ControlOptions>;
}

export async function answering(
  t: TestContext,
  api: Partial<Api>,
  { limits, control }: Options = {},
): Promise<HttpUnderTest> {
  const path = join(temporaryFolder(t), "c.sock");
  const failures: unknown[] = [];
  const lacks = (name: string): string => `no '${name}' here`;
  const http = new HttpApi({
    api: { calls: {}, streams: {}, lacks, ...api },
    limits,
    failed: (error) => failures.push(error),
  });
  const server = await ControlServer.open({ path, http, ...control });
  t.after(() => server.close());
  const send = (method: string, target: string, body?: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asking = request({ socketPath: path, path: target, method, agent: false }, resolve);
      asking.on("error", reject);
      asking.end(body);
    });
  return {
    ...{ path, http, server, failures },
    open: (target) => send("GET", target),
    ask: async (method, target, body) => {
      const response = await send(method, target, body);
      const type = response.headers["content-type"] ?? "";
      return { status: response.statusCode!, type, body: await text(response) };
    },
    connect: () =>
      new Promise((resolve, reject) => {
        const socket = connect({ path }, () => resolve(socket));
        socket.on("error", reject);
      }),
  };
}

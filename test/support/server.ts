/** A running server in the test's own process, with a log that the test can read. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type NetConnectOpts, type Server as NetServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Clock, monotonicClock } from "../../src/clock.js";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { createLog, type Log } from "../../src/daemon/log.js";
import { Server } from "../../src/daemon/server.js";
import { adoptSocket, type Reader } from "../../src/link/adopt-socket.js";
import { StreamLink, type StreamOptions } from "../../src/link/stream.js";
import type { PortSnapshot } from "../../src/switch/port.js";
import { FedSocket, type NativePeer, Peer, split, type WireRecord } from "./peers.js";

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A log that keeps its lines. */
export function recordedLog(): { log: Log; lines: LogLine[]; warnings(): string[] } {
  const lines: LogLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  const log = createLog({ level: "debug", json: true, write });
  return { log, lines, warnings: () => lines.filter(({ level }) => level >= 40).map(({ msg }) => msg) };
}

/** A folder of the test's own, removed at its end. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** It says nothing by itself, so that a test knows each frame. */
const QUIET = { loopProbe: false };

export class TestServer {
  readonly server: Server;
  readonly lines: LogLine[];
  readonly warnings: () => string[];

  private constructor(server: Server, lines: LogLine[], warnings: () => string[]) {
    this.server = server;
    this.lines = lines;
    this.warnings = warnings;
  }

  /** Starts a server, by default on a free port of loopback; it stops with the test. */
  static async start(
    t: TestContext,
    config: Record<string, unknown> = {},
    clock: Clock = monotonicClock,
  ): Promise<TestServer> {
    const { log, lines, warnings } = recordedLog();
    const server = new Server(parseServeConfig({ listen: ["tcp://127.0.0.1:0"], ...QUIET, ...config }), log, {
      clock,
    });
    await server.start();
    t.after(() => server.stop());
    return new TestServer(server, lines, warnings);
  }

  /** TCP port of listener number `index`. */
  port(index = 0): number {
    return Number(/:(\d+)(\/|$)/.exec(this.server.bound[index]!.slice("tcp://".length))![1]);
  }

  connect(index = 0): Promise<Peer> {
    return Peer.connect({ host: "127.0.0.1", port: this.port(index) });
  }

  join(fields: Record<string, unknown> = {}, index = 0): Promise<NativePeer> {
    return Peer.join({ host: "127.0.0.1", port: this.port(index) }, fields);
  }

  ports(network = "default"): readonly PortSnapshot[] {
    return this.server.network(network)!.switch.snapshot().ports;
  }

  /** The messages logged so far. */
  get said(): string[] {
    return this.lines.map(({ msg }) => msg);
  }
}

export interface StreamUnderTest {
  readonly link: StreamLink;
  readonly peer: Peer;
  /** The socket inside the link. */
  readonly socket: Socket;
  readonly server: NetServer;
  close(): void;
}

/** A stream link over a real socket, made the way a server ("accepted") or a client ("dialled") makes it, and its peer. */
export async function streamUnderTest(
  carrier: "tcp" | "unix",
  side: "accepted" | "dialled",
  options: Partial<StreamOptions> = {},
): Promise<StreamUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
  const server = createServer({ pauseOnConnect: side === "accepted", noDelay: true });
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const listening = new Promise<void>((resolve) => server.once("listening", resolve));
  server.listen(carrier === "tcp" ? { host: "127.0.0.1", port: 0 } : { path: join(folder, "s") });
  await listening;
  const address = server.address();
  const to = typeof address === "string" ? { path: address } : { host: "127.0.0.1", port: address!.port };
  let socket!: Socket;
  const make = (open: (reader: Reader) => Socket): StreamLink =>
    new StreamLink(
      (reader) => {
        socket = open(reader);
        return socket;
      },
      { kind: carrier, peer: "test", ...options },
    );
  const [link, peer] =
    side === "accepted" ? await accept(make, accepted, to) : await dialOut(make, accepted, to);
  const close = (): void => {
    link.close();
    peer.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { link, peer, socket, server, close };
}

type Make = (open: (reader: Reader) => Socket) => StreamLink;

async function accept(
  make: Make,
  accepted: Promise<Socket>,
  to: NetConnectOpts,
): Promise<[StreamLink, Peer]> {
  const peer = await Peer.connect(to);
  const socket = await accepted;
  return [make((reader) => adoptSocket(socket, reader)), peer];
}

async function dialOut(
  make: Make,
  accepted: Promise<Socket>,
  to: NetConnectOpts,
): Promise<[StreamLink, Peer]> {
  let socket!: Socket;
  const link = make((reader) => {
    const options = { onread: reader, noDelay: true };
    socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
    return socket;
  });
  await new Promise<void>((resolve) => socket.connect(to, resolve));
  return [link, new Peer(await accepted)];
}

/** A link over a socket that the test feeds, and all that it hands on, in order. */
export function fedLink(
  options: Partial<StreamOptions> = {},
  onBatch: (bytes: Buffer) => void = () => undefined,
) {
  const socket = new FedSocket();
  const link = new StreamLink(socket.open, { kind: "tcp", peer: "test", ...options });
  const got: WireRecord[] = [];
  const closes: (Error | undefined)[] = [];
  link.start({
    batch: ({ bytes, start, end }) => {
      got.push(...split(bytes.subarray(start, end)).records);
      onBatch(bytes);
    },
    message: (text) => void got.push({ kind: 2, payload: Buffer.from(text) }),
    drain: () => undefined,
    dropped: () => undefined,
    close: (error) => void closes.push(error),
  });
  return { link, socket, got, closes };
}

/** Starts a server that must not start, and answers why. */
export async function refusalOf(config: Record<string, unknown>): Promise<{ code: string; message: string }> {
  let server: Server;
  try {
    server = new Server(parseServeConfig({ ...QUIET, ...config }), recordedLog().log);
    await server.start();
  } catch (error) {
    return error as { code: string; message: string };
  }
  await server.stop();
  throw new Error("it started");
}

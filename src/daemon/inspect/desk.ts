/** All that one process answers, and where: on the control socket, and on the web page if it has one. */
import { wallNow } from "../../clock.js";
import type { HttpEndpoint } from "../../config/http-endpoint.js";
import { ACCESS_CALLS } from "../../control/access-api.js";
import type { AccessCall, Api, Handlers, StreamHandlers } from "../../control/api.js";
import { captureDesk } from "../../control/capture/capture-desk.js";
import { ControlServer } from "../../control/control-server.js";
import { HostBook } from "../../control/host-book.js";
import { HttpApi } from "../../control/http-api.js";
import type { WebServer } from "../../control/web-server.js";
import { TapswitchError } from "../../errors.js";
import type { Switch } from "../../switch/switch.js";
import { LogLimiter } from "../log-limiter.js";
import { version } from "../version.js";
import type { Ways } from "../ways.js";
import { openWeb } from "../web.js";
import type { WireHall } from "../wires/wire-kind.js";
import { guardDesk } from "./guard-desk.js";
import { hostDesk } from "./host-desk.js";
import type { Inspected } from "./inspected.js";
import { inspectorCalls, inspectorStreams } from "./inspector.js";
import { wireDesk } from "./wire-desk.js";

export interface DeskOptions {
  readonly inspected: Omit<Inspected, "streams">;
  readonly ways: Pick<Ways, "wires" | "hall">;
  /** Null where there are no members. */
  readonly access: Handlers<AccessCall> | null;
  /** Absent where there is no device to test from. */
  readonly test?: StreamHandlers["test"];
}

export class Desk {
  readonly api: Api;
  readonly #http: HttpApi;
  readonly #options: DeskOptions;
  /** Which IP addresses the hosts of a network have, while there is a page to show them. */
  readonly #books = new WeakMap<Switch, HostBook>();
  #control: ControlServer | null = null;
  #web: WebServer | null = null;

  constructor(options: DeskOptions) {
    const inspected = { ...options.inspected, streams: () => this.#http.streams };
    const { clock, log } = inspected;
    const networks = (): Switch[] => inspected.networks().map(({ watched }) => watched.switch);
    const hosts = hostDesk({ clock, networks, bookOf: (network) => this.#bookOf(network) });
    const captures = captureDesk({
      networks,
      clock,
      wallNow,
      version,
    });
    this.#options = options;
    this.api = {
      calls: {
        ...inspectorCalls(inspected),
        ...hosts,
        ...captures.calls,
        ...wireDesk(options.ways.wires),
        ...guardDesk(inspected),
        ...options.access,
      },
      streams: {
        ...inspectorStreams(inspected),
        ...captures.streams,
        ...(options.test === undefined ? {} : { test: options.test }),
      },
      lacks: (name) => this.#lacks(name),
    };
    const failed = (error: unknown): void => log.error({ err: error }, "control socket");
    this.#http = new HttpApi({ api: this.api, failed });
  }

  /** Answers on a Unix socket from now on. Throws `in-use`, `no-permission`, `usage`. */
  async open(path: string, group?: string): Promise<void> {
    this.#control = await ControlServer.open({ path, group, http: this.#http });
    this.#options.inspected.log.debug({ path }, "control socket");
  }

  /** Answers on the first of these paths that can be had. Nobody has asked for them, so doing without is no failure. */
  async openAny(paths: readonly string[], group?: string): Promise<void> {
    let why = "there is no folder for it";
    for (const path of paths) {
      try {
        return await this.open(path, group);
      } catch (error) {
        if (!(error instanceof TapswitchError)) throw error;
        why = error.message;
      }
    }
    this.#options.inspected.log.warn(`no control socket: ${why}; name one with --control`);
  }

  /** Serves the web page and the metrics. Throws `in-use`, `no-permission`, `usage`. */
  async openWeb(endpoint: HttpEndpoint, state: string | undefined): Promise<void> {
    const { clock, log, networks } = this.#options.inspected;
    const hall = (network: string): WireHall | null => this.#options.ways.hall(network);
    this.#web = await openWeb(endpoint, { api: this.api, state, log, hall, limiter: new LogLimiter(clock) });
    for (const { watched } of networks()) this.#bookOf(watched.switch);
  }

  /** Lets another group use the control socket. */
  setGroup(group: string | undefined): void {
    this.#control?.setGroup(group);
  }

  /** Reads the files of the web page's endpoint again. Throws `usage`. */
  reload(): void {
    this.#web?.reload();
  }

  close(): void {
    this.#control?.close();
    this.#web?.close();
  }

  #bookOf(network: Switch): HostBook | undefined {
    const known = this.#books.get(network);
    if (known !== undefined || this.#web === null) return known;
    const book = new HostBook();
    this.#books.set(network, book);
    network.observe(book);
    return book;
  }

  #lacks(name: string): string {
    if (name === "test")
      return "a test goes from one join to another, and this is a server: run it on a host that has joined";
    if (!(name in ACCESS_CALLS)) return `this process does not answer '${name}'`;
    return this.#options.inspected.role === "join"
      ? "members and invites are the server's: this is a join"
      : "this server knows no members: it has neither a tls:// listener nor --state";
  }
}

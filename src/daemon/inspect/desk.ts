/** All that one process answers, and the control socket that it answers on. */
import { wallNow } from "../../clock.js";
import { ACCESS_CALLS } from "../../control/access-api.js";
import type { AccessCall, Api, Handlers } from "../../control/api.js";
import { captureDesk } from "../../control/capture/capture-desk.js";
import { ControlServer } from "../../control/control-server.js";
import { HttpApi } from "../../control/http-api.js";
import { TapswitchError } from "../../errors.js";
import { version } from "../version.js";
import type { Inspected } from "./inspected.js";
import { inspectorCalls, inspectorStreams } from "./inspector.js";

export interface DeskOptions {
  readonly inspected: Omit<Inspected, "streams">;
  /** Null where there are no members. */
  readonly access: Handlers<AccessCall> | null;
}

export class Desk {
  readonly api: Api;
  readonly #http: HttpApi;
  readonly #options: DeskOptions;
  #control: ControlServer | null = null;

  constructor(options: DeskOptions) {
    const inspected = { ...options.inspected, streams: () => this.#http.streams };
    const { clock, log } = inspected;
    const captures = captureDesk({
      networks: () => inspected.networks().map(({ watched }) => watched.switch),
      clock,
      wallNow,
      version,
    });
    this.#options = options;
    this.api = {
      calls: { ...inspectorCalls(inspected), ...captures.calls, ...options.access },
      streams: { ...inspectorStreams(inspected), ...captures.streams },
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

  close(): void {
    this.#control?.close();
  }

  #lacks(name: string): string {
    if (!(name in ACCESS_CALLS)) return `this process does not answer '${name}'`;
    return this.#options.inspected.role === "join"
      ? "members and invites are the server's: this is a join"
      : "this server knows no members: it has neither a tls:// listener nor --state";
  }
}

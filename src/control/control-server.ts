/** The control API on a Unix socket, for those whom the path's permissions let in. */
import { createServer, type Server } from "node:http";
import { errnoOf, TapswitchError } from "../errors.js";
import { removeStale, setRights } from "../link/unix-path.js";
import type { HttpApi } from "./http-api.js";

const MAX_CONNECTIONS = 64;
/** Time for a request to arrive, and how often that is looked after. */
export const REQUEST_MS = 10_000;
const GLANCE_MS = 1_000;

export interface ControlOptions {
  readonly http: HttpApi;
  readonly path: string;
  /** Lets this group in besides the owner. */
  readonly group?: string | undefined;
  readonly requestMs?: number;
}

export class ControlServer {
  readonly path: string;
  readonly #http: HttpApi;
  readonly #server: Server;

  private constructor(options: ControlOptions) {
    const { path, http, requestMs = REQUEST_MS } = options;
    this.path = path;
    this.#http = http;
    this.#server = createServer(
      {
        requestTimeout: requestMs,
        headersTimeout: requestMs,
        connectionsCheckingInterval: Math.min(GLANCE_MS, requestMs),
      },
      (request, response) => void http.answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listens. Throws `in-use`, `no-permission`, `usage`. */
  static async open(options: ControlOptions): Promise<ControlServer> {
    const control = new ControlServer(options);
    await removeStale(options.path);
    await control.#listen();
    control.setGroup(options.group);
    return control;
  }

  /** Lets this group in besides the owner, or nobody. Throws `usage`, `no-permission`. */
  setGroup(group: string | undefined): void {
    const own = String(process.getgid!());
    setRights({ path: this.path, mode: group === undefined ? 0o600 : 0o660, group: group ?? own });
  }

  /** Stops and removes the path. */
  close(): void {
    this.#http.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => {
        const errno = errnoOf(cause);
        const why = `cannot open the control socket '${this.path}' (${errno}): name another with --control`;
        reject(new TapswitchError(errno === "EADDRINUSE" ? "in-use" : "usage", why, { cause }));
      });
      // Nobody else may slip in between the path's making and its chmod; listen() binds before it returns.
      const umask = process.umask(0o177);
      this.#server.listen({ path: this.path }, resolve);
      process.umask(umask);
    });
  }
}

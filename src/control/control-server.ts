/** Answers the questions of `api.ts` over HTTP on a Unix socket, for those whom the path's permissions let in. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { errnoOf, TapswitchError } from "../errors.js";
import { removeStale, setRights } from "../link/unix-path.js";
import { API, type Handlers } from "./api.js";
import type { Call } from "./call.js";

/** A question is a few hundred bytes; one with the most addresses has 20 KB. */
const MAX_BODY = 65_536;
const MAX_CONNECTIONS = 64;
const REQUEST_MS = 10_000;

export interface ControlOptions {
  readonly path: string;
  /** Lets this group in besides the owner. */
  readonly group?: string | undefined;
  readonly handlers: Handlers;
  /** Told of mistakes of ours. */
  readonly failed: (error: unknown) => void;
}

export class ControlServer {
  readonly path: string;
  readonly #server: Server;
  readonly #options: ControlOptions;

  private constructor(options: ControlOptions) {
    this.path = options.path;
    this.#options = options;
    this.#server = createServer(
      { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listens. Throws `in-use`, `no-permission`, `usage`. */
  static async open(options: ControlOptions): Promise<ControlServer> {
    const control = new ControlServer(options);
    await removeStale(options.path);
    await control.#listen();
    const mode = options.group === undefined ? 0o600 : 0o660;
    setRights({ path: options.path, mode, group: options.group });
    return control;
  }

  /** Stops and removes the path. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => {
        const why = `cannot open the control socket '${this.path}' (${errnoOf(cause)}): name another with --control`;
        reject(new TapswitchError("usage", why, { cause }));
      });
      // Nobody else may slip in between the path's making and its chmod; listen() binds before it returns.
      const umask = process.umask(0o177);
      this.#server.listen({ path: this.path }, resolve);
      process.umask(umask);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const [name, call] = find(request);
      const input = call.input.safeParse(await readBody(request));
      if (!input.success) {
        const { path, message } = input.error.issues[0]!;
        throw new TapswitchError("usage", `${path.join(".") || "the question"}: ${message}`);
      }
      const handle = this.#options.handlers[name] as (input: unknown) => unknown;
      reply(response, 200, await handle(input.data));
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  #refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof TapswitchError)) this.#options.failed(error);
    const { code, message } =
      error instanceof TapswitchError ? error : { code: "system", message: "internal error" };
    reply(response, code === "not-found" ? 404 : code === "system" ? 500 : 400, { code, message });
  }
}

function find({ method, url }: IncomingMessage): [keyof Handlers, Call] {
  const path = url?.split("?")[0];
  for (const [name, call] of Object.entries(API) as [keyof Handlers, Call][])
    if (call.path === path && call.method === method) return [name, call];
  throw new TapswitchError("not-found", `there is no ${method} ${path}`);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) throw new TapswitchError("usage", `the question is longer than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  if (length === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new TapswitchError("usage", "the question is not JSON");
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

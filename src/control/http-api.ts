/**
 * Answers the questions of `api.ts` over HTTP, whatever carries it. Every question is bounded in size and time, every
 * answer in what it may leave in memory: a long list is made and sent in slices between which the process does its
 * work, and a stream whose reader falls too far behind is cut off.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { TapswitchError } from "../errors.js";
import { type Api, CALLS, type CallName, STREAMS, type StreamName } from "./api.js";
import type { Call, Stream, StreamSink } from "./call.js";
import { readInput } from "./http-input.js";
import { sendList } from "./http-list.js";
import type { Metrics } from "./metrics.js";
import { ResponseSink } from "./response-sink.js";

export interface HttpLimits {
  /** Streams that are read at once. */
  readonly streams: number;
  /** Bytes that may wait for one reader of a stream: a second of capture at 30 Mbit/s, or thousands of events. */
  readonly streamBytes: number;
  /** A reader of a list that takes nothing for so long is given up. */
  readonly stalledMs: number;
}

export const HTTP_LIMITS: HttpLimits = { streams: 16, streamBytes: 4 * 1_048_576, stalledMs: 10_000 };

export interface HttpApiOptions {
  readonly api: Api;
  readonly limits?: Partial<HttpLimits> | undefined;
  /** Told of mistakes of ours. */
  readonly failed: (error: unknown) => void;
}

export class HttpApi {
  readonly #api: Api;
  readonly #limits: HttpLimits;
  readonly #failed: (error: unknown) => void;
  readonly #streams = new Set<StreamSink>();
  #cutOff = 0;
  #metrics: Metrics | null = null;

  constructor({ api, limits, failed }: HttpApiOptions) {
    this.#api = api;
    this.#limits = { ...HTTP_LIMITS, ...limits };
    this.#failed = failed;
  }

  /** Streams that are being read, and those that were cut off so far. */
  get streams(): { readonly open: number; readonly cutOff: number } {
    return { open: this.#streams.size, cutOff: this.#cutOff };
  }

  /** Answers one request. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = request.url?.split("?")[0] ?? "";
      if (request.method === "GET" && path === "/metrics") return await this.#answerMetrics(response);
      const stream = find(STREAMS, (one) => request.method === "GET" && one.path === path);
      if (stream !== undefined) return await this.#stream(stream, request, response);
      const call = find(CALLS, (one) => one.method === request.method && one.path === path);
      if (call === undefined) throw new TapswitchError("not-found", `there is no ${request.method} ${path}`);
      await this.#call(call, request, response);
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  /** Ends every stream in good order. */
  close(): void {
    for (const sink of this.#streams) sink.end();
  }

  async #call([name, call]: [CallName, Call], request: IncomingMessage, response: ServerResponse) {
    const input = await readInput(call, request);
    const handle = this.#api.calls[name] as ((input: unknown) => unknown) | undefined;
    if (handle === undefined) throw new TapswitchError("not-found", this.#api.lacks(name));
    const answer = await handle(input);
    if (isList(answer)) await sendList(response, answer, this.#limits.stalledMs);
    else reply(response, 200, answer);
  }

  async #answerMetrics(response: ServerResponse): Promise<void> {
    const { status, ports } = this.#api.calls;
    if (status === undefined || ports === undefined)
      throw new TapswitchError("not-found", this.#api.lacks("status"));
    if (this.#metrics === null) {
      const { Metrics } = await import("./metrics.js");
      this.#metrics ??= new Metrics({ status: () => status({}), ports: () => ports({}) });
    }
    const text = await this.#metrics.text();
    response.writeHead(200, { "content-type": this.#metrics.contentType }).end(text);
  }

  async #stream([name, stream]: [StreamName, Stream], request: IncomingMessage, response: ServerResponse) {
    const input = await readInput({ ...stream, method: "GET" }, request);
    const feed = this.#api.streams[name] as
      | ((input: unknown, sink: StreamSink) => void | Promise<void>)
      | undefined;
    if (feed === undefined) throw new TapswitchError("not-found", this.#api.lacks(name));
    if (this.#streams.size >= this.#limits.streams)
      throw new TapswitchError("full", `${this.#limits.streams} streams are being read already: end another`);
    const sink = new ResponseSink(response, this.#limits.streamBytes, () => void this.#cutOff++);
    if (sink.gone.aborted) return;
    this.#streams.add(sink);
    sink.gone.addEventListener("abort", () => this.#streams.delete(sink));
    response.setHeader("content-type", stream.type);
    await feed(input, sink);
    response.flushHeaders();
  }

  #refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof TapswitchError)) this.#failed(error);
    const { code, message } =
      error instanceof TapswitchError ? error : { code: "system", message: "internal error" };
    if (response.headersSent) response.destroy();
    else reply(response, STATUS[code] ?? 400, { code, message });
  }
}

const STATUS: Record<string, number> = { "not-found": 404, full: 429, system: 500 };

function find<Name extends string, One>(
  all: Record<Name, One>,
  fits: (one: One) => boolean,
): [Name, One] | undefined {
  return (Object.entries(all) as [Name, One][]).find(([, one]) => fits(one));
}

function isList(answer: unknown): answer is Iterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.iterator in answer;
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  // What is left of a refused request is not read.
  if (status !== 200) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

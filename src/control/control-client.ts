/** Asks a running process over its control socket. */
import { type IncomingMessage, request } from "node:http";
import type { z } from "zod";
import { type ErrorCode, errnoOf, TapswitchError } from "../errors.js";
import { askPath } from "../link/unix-path.js";
import { type Asked, CALLS, type CallName, Failure } from "./api.js";
import type { Call, Stream } from "./call.js";

const ANSWER_MS = 10_000;

export interface ControlClient extends Asked {
  readonly path: string;
  /** Reads a stream until it ends, or until the caller leaves the loop. Throws `unreachable` where it is cut off. */
  read<Input extends z.ZodType>(stream: Stream<Input>, input: z.input<Input>): AsyncGenerator<Buffer>;
}

/** The process behind the socket, or null where there is none. Throws `no-permission`, `system`. */
export async function connectControl(path: string): Promise<ControlClient | null> {
  const answer = await askPath(path);
  if (answer === "absent" || answer === "nobody") return null;
  const questions = Object.entries(CALLS).map(([name, call]: [string, Call]) => [
    name,
    (input: unknown) => ask(path, call, input),
  ]);
  return {
    ...(Object.fromEntries(questions) as { [One in CallName]: Asked[One] }),
    path,
    read: (stream, input) => readStream(path, stream, input),
  };
}

async function ask(path: string, call: Call, input: unknown): Promise<unknown> {
  const response = await send(path, call, input);
  const text = await textOf(path, response);
  if (response.statusCode !== 200) throw failure(text);
  return call.output.parse(JSON.parse(text));
}

async function* readStream(path: string, stream: Stream, input: unknown): AsyncGenerator<Buffer> {
  const response = await send(path, { ...stream, method: "GET" }, input);
  if (response.statusCode !== 200) throw failure(await textOf(path, response));
  // Silence is nothing unusual from here on.
  response.socket.setTimeout(0);
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new TapswitchError(
      "unreachable",
      `'${path}' has ended the stream: it was read too slowly, or the process is gone`,
      { cause },
    );
  } finally {
    response.destroy();
  }
}

/** Lines of JSON, each checked. */
export async function* readLines<Schema extends z.ZodType>(
  chunks: AsyncIterable<Buffer>,
  schema: Schema,
): AsyncGenerator<z.output<Schema>> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield schema.parse(JSON.parse(line));
  }
}

function send(
  path: string,
  { method, path: target }: Pick<Call, "method" | "path">,
  input: unknown,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const query = method === "POST" ? new URLSearchParams() : queryOf(input);
    const options = {
      socketPath: path,
      path: query.size === 0 ? target : `${target}?${query}`,
      method,
      timeout: ANSWER_MS,
      agent: false,
    };
    const asking = request(options, resolve);
    asking.on("timeout", () => asking.destroy(new Error("no answer")));
    asking.on("error", (cause) => reject(unreachable(path, cause)));
    asking.end(method === "POST" ? JSON.stringify(input) : undefined);
  });
}

/** `undefined` is what is left away. */
export function queryOf(input: unknown): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input as Record<string, unknown>))
    for (const one of [value].flat()) if (one !== undefined) query.append(name, String(one));
  return query;
}

async function textOf(path: string, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (cause) {
    throw unreachable(path, cause as Error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The error that a refusing answer speaks of. */
export function failure(text: string): TapswitchError {
  const { code, message } = Failure.parse(JSON.parse(text));
  return new TapswitchError(code as ErrorCode, message);
}

/** Nobody could be asked. */
export function unreachable(path: string, cause: Error): TapswitchError {
  const errno = errnoOf(cause);
  const denied = errno === "EACCES" || errno === "EPERM";
  const fix = denied
    ? "run as its owner, or start 'serve' with --group"
    : "is it a tapswitch control socket?";
  return new TapswitchError(
    denied ? "no-permission" : "system",
    `cannot ask the server at '${path}' (${errno ?? cause.message}): ${fix}`,
    { cause },
  );
}

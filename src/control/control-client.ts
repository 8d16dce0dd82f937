/** Asks a running process over its control socket; the same functions that it answers with. */
import { request } from "node:http";
import { type ErrorCode, errnoOf, TapswitchError } from "../errors.js";
import { API, Failure, type Handlers } from "./api.js";
import type { Call } from "./call.js";

const ANSWER_MS = 10_000;

/** Nobody listens at the path. */
const NOBODY = new Set(["ENOENT", "ECONNREFUSED"]);

/** The process behind the socket, or null where there is none. Throws `no-permission`, `system`. */
export async function connectControl(path: string): Promise<Handlers | null> {
  const entries = Object.entries(API).map(([name, call]) => [
    name,
    (input: unknown) => ask(path, call, input),
  ]);
  const handlers = Object.fromEntries(entries) as Handlers;
  try {
    await handlers.identity({});
    return handlers;
  } catch (error) {
    if (NOBODY.has(errnoOf((error as Error).cause) ?? "")) return null;
    throw error;
  }
}

function ask(path: string, call: Call, input: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: path, path: call.path, method: call.method, timeout: ANSWER_MS };
    const asking = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        try {
          resolve(read(call, response.statusCode ?? 0, text));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    asking.on("timeout", () => asking.destroy(new Error("no answer")));
    asking.on("error", (cause) => reject(unreachable(path, cause)));
    asking.end(call.method === "GET" ? undefined : JSON.stringify(input));
  });
}

function read(call: Call, status: number, text: string): unknown {
  const json: unknown = JSON.parse(text);
  if (status === 200) return call.output.parse(json);
  const { code, message } = Failure.parse(json);
  throw new TapswitchError(code as ErrorCode, message);
}

function unreachable(path: string, cause: Error): TapswitchError {
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

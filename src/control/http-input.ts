/** What a question says: the query of a GET or DELETE, the JSON body of a POST. */
import type { IncomingMessage } from "node:http";
import { TapswitchError } from "../errors.js";
import type { Call } from "./call.js";

/** A question is a few hundred bytes; one with the most addresses has 20 KB. */
export const MAX_BODY = 65_536;

/** The question's checked input. Rejects with `usage`. */
export async function readInput(
  { method, input }: Pick<Call, "method" | "input">,
  request: IncomingMessage,
): Promise<unknown> {
  const given = method === "POST" ? await readBody(request) : readQuery(request.url ?? "");
  const read = input.safeParse(given);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new TapswitchError("usage", `${path.join(".") || "the question"}: ${message}`);
}

function readQuery(url: string): Record<string, string | string[]> {
  const at = url.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
  const given = new Map<string, string | string[]>();
  for (const [name, value] of query) {
    const earlier = given.get(name);
    given.set(name, earlier === undefined ? value : [earlier, value].flat());
  }
  return Object.fromEntries(given);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  // The connection outlives a body that is too long: it has to carry the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
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

/** Questions to a control socket with nothing but Node: the answers are our own, and Wireshark waits for them. */
import { type IncomingMessage, request } from "node:http";

/** A process that is too busy to answer is left out of the list. */
const PATIENCE_MS = 1_000;

/** The parsed answer to a GET, or null where there is none. */
export async function ask<Answer>(socketPath: string, path: string): Promise<Answer | null> {
  try {
    const response = await send(socketPath, "GET", path);
    const text = await textOf(response);
    return response.statusCode === 200 ? (JSON.parse(text) as Answer) : null;
  } catch {
    return null;
  }
}

/** Sends a request; the answer's body is still to be read. */
export function send(socketPath: string, method: "GET" | "DELETE", path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path, timeout: PATIENCE_MS, agent: false }, resolve);
    asking.on("timeout", () => asking.destroy(new Error("no answer")));
    asking.on("error", reject);
    asking.end();
  });
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += chunk as string;
  return text;
}

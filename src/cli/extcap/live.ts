/** Captures into Wireshark's pipe until either side has enough. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { send, textOf } from "./ask.js";
import type { Target } from "./sources.js";

export interface LiveOptions {
  readonly target: Target;
  readonly fifo: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Rejects with what to tell the user. */
export async function captureLive({ target, fifo, query }: LiveOptions): Promise<void> {
  const { socket, network, port } = target;
  const id = randomUUID();
  const search = new URLSearchParams({ ...query, id, network, ...(port === undefined ? {} : { port }) });
  const response = await send(socket, "GET", `/v1/capture?${search}`);
  if (response.statusCode !== 200) throw new Error(messageIn(await textOf(response)));
  response.socket.setTimeout(0);
  const stop = (): void =>
    void send(socket, "DELETE", `/v1/capture?id=${id}`).then(
      (answer) => answer.resume(),
      () => process.exit(0),
    );
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  try {
    await pipeline(response, createWriteStream(fifo, { flags: "w" }));
  } catch (error) {
    // Wireshark has stopped reading, or the server has gone: the capture is over.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE" && code !== "ECONNRESET") throw error;
  }
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}

/** Captures into Wireshark's pipe until either side has enough. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { CaptureRefused, readCapture } from "../../control/capture/capture-source.js";
import { send } from "./ask.js";
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
  const stop = (): void => {
    send(socket, "DELETE", `/v1/capture?id=${id}`).then(
      (answer) => answer.resume(),
      () => process.exit(0),
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const pipe = createWriteStream(fifo, { flags: "w" });
  // Wireshark has stopped reading: the capture is over.
  pipe.on("error", () => process.exit(0));
  const take = (bytes: Buffer): Promise<void> | undefined =>
    pipe.write(Buffer.from(bytes)) ? undefined : once(pipe, "drain").then(() => undefined);
  const search = new URLSearchParams({ ...query, id, network, ...(port === undefined ? {} : { port }) });
  try {
    await readCapture({ path: socket, query: search, take });
  } catch (error) {
    throw error instanceof CaptureRefused ? new Error(messageIn(error.message)) : error;
  } finally {
    pipe.end();
  }
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return "the capture ended before it began";
  }
}

/** Where a capture goes: a file, standard output, or as lines to a terminal. */
import { createWriteStream, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { errnoOf, TapswitchError } from "../../errors.js";
import type { CapturedPacket } from "../../frame/pcapng-reader.js";
import { lookOf } from "../format/look.js";
import { print } from "../print.js";
import { packetLine } from "./packet-line.js";

/** What is captured may be secret. */
const FILE_MODE = 0o600;

export interface CaptureOutput {
  /** Takes each packet; null where the file is all that is wanted. */
  readonly packet: ((packet: CapturedPacket) => void) | null;
  /** Takes whole blocks; resolves when there is room for more. */
  write(blocks: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** `target` is a path, "-" or undefined; `closed` is called once when nobody reads any more. Throws `usage`. */
export function openOutput(
  target: string | undefined,
  stdout: NodeJS.WriteStream,
  closed: (error?: Error) => void,
): CaptureOutput {
  if (target !== undefined && target !== "-") return streamOutput(openFile(target), closed);
  if (!stdout.isTTY) return streamOutput(stdout, closed);
  if (target === undefined) return lineOutput(stdout, closed);
  const fix = "pipe it on, as in '| tshark -r -', give a file, or leave -w away to read lines";
  throw new TapswitchError("usage", `-w -: a capture is no text for a terminal: ${fix}`);
}

function openFile(path: string): Writable {
  try {
    return createWriteStream(path, { fd: openSync(path, "w", FILE_MODE) });
  } catch (cause) {
    const why = `cannot write to '${path}' (${errnoOf(cause)}): name another file with -w`;
    throw new TapswitchError(errnoOf(cause) === "EACCES" ? "no-permission" : "usage", why, { cause });
  }
}

function streamOutput(stream: Writable, closed: (error?: Error) => void): CaptureOutput {
  let open = true;
  let resume = (): void => undefined;
  const lost = (error?: Error): void => {
    if (!open) return;
    open = false;
    resume();
    closed(error);
  };
  stream.on("drain", () => resume());
  stream.on("error", lost);
  stream.on("close", () => lost());
  return {
    packet: null,
    write: async (blocks) => {
      if (!open || blocks.length === 0 || stream.write(blocks)) return;
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
    end: () => new Promise((resolve) => (open ? stream.end(() => resolve()) : resolve())),
  };
}

function lineOutput(stdout: NodeJS.WriteStream, closed: (error?: Error) => void): CaptureOutput {
  const look = lookOf(stdout);
  stdout.on("error", closed);
  return {
    packet: (packet) => print([packetLine(packet, look)]),
    write: async () => undefined,
    end: async () => undefined,
  };
}

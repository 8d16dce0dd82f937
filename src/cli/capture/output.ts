/** Where a capture goes: a file, standard output, or as lines to a terminal. */
import { closeSync, createWriteStream, fstatSync, openSync, writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { errnoOf, TapswitchError } from "../../errors.js";
import { PacketReader } from "../../frame/pcapng-reader.js";
import { lookOf } from "../format/look.js";
import { print } from "../print.js";
import { packetLine } from "./packet-line.js";

/** What is captured may be secret. */
const FILE_MODE = 0o600;

export interface CaptureOutput {
  /** Takes the next bytes, which stand for the call or until the answer is kept. */
  write(chunk: Buffer): Promise<void> | undefined;
  end(): Promise<void> | void;
}

/** `target` is a path, "-" or undefined; `closed` is called once when nobody reads any more. Throws `usage`. */
export function openOutput(
  target: string | undefined,
  stdout: NodeJS.WriteStream,
  closed: (error?: Error) => void,
): CaptureOutput {
  if (target !== undefined && target !== "-") return fileOutput(target, closed);
  if (!stdout.isTTY) return streamOutput(stdout, closed);
  if (target === undefined) return lineOutput(stdout, closed);
  const fix = "pipe it on, as in '| tshark -r -', give a file, or leave -w away to read lines";
  throw new TapswitchError("usage", `-w -: a capture is no text for a terminal: ${fix}`);
}

function fileOutput(path: string, closed: (error?: Error) => void): CaptureOutput {
  const fd = openFile(path);
  // A pipe may make the writer wait, who must still hear Ctrl-C.
  if (fstatSync(fd).isFIFO()) return streamOutput(createWriteStream(path, { fd }), closed);
  let open = true;
  return {
    write: (chunk) => {
      try {
        for (let at = 0; open && at < chunk.length; ) at += writeSync(fd, chunk, at);
      } catch (error) {
        open = false;
        closed(error as Error);
      }
      return undefined;
    },
    end: () => closeSync(fd),
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, "w", FILE_MODE);
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
    write: (chunk) => {
      if (!open || stream.write(Buffer.from(chunk))) return undefined;
      return new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
    end: () => new Promise((resolve) => (open ? stream.end(() => resolve()) : resolve())),
  };
}

function lineOutput(stdout: NodeJS.WriteStream, closed: (error?: Error) => void): CaptureOutput {
  const look = lookOf(stdout);
  const reader = new PacketReader((packet) => print([packetLine(packet, look)]));
  stdout.on("error", closed);
  return {
    write: (chunk) => {
      reader.add(chunk);
      return undefined;
    },
    end: () => undefined,
  };
}

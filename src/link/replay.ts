/**
 * A capture file as a port: its packets come in at the times at which they were captured, or faster. What is sent to
 * it goes nowhere, as on a wire without hosts. At the end of the file it falls silent; a port that went away would be
 * attached again, and its packets would come a second time.
 */
import { type FileHandle, open } from "node:fs/promises";
import { type Scheduler, scheduler } from "../clock.js";
import { errnoOf, TapswitchError } from "../errors.js";
import { CaptureScanner } from "../frame/capture-scanner.js";
import type { DropReason } from "../frame/drop-reason.js";
import { MAX_FRAME, MAX_RECORD, MIN_FRAME, RECORD_HEADER, RecordKind, writeHeader } from "../frame/record.js";
import type { Link, LinkEvents, Sent } from "./link.js";

const CHUNK_BYTES = 65_536;
/** As much as one turn of the event loop may bring: an eighth of a port's queue. */
const TURN_BYTES = 262_144;

export interface ReplayOptions {
  /** How much faster than captured; 0: as fast as can be read. Default 1. */
  readonly speed?: number;
  /** Begins again at the end. */
  readonly loop?: boolean;
  readonly time?: Scheduler;
  /**
   * The file has come to its end, or to a place where it cannot be read: `frames` came in, `skipped` could not.
   * Where nobody listens, an error closes the link.
   */
  readonly ended?: (frames: number, skipped: number, error?: Error) => void;
}

export class ReplayLink implements Link {
  readonly kind = "pcap";
  readonly peer: string;
  readonly capabilities = { maxFrame: MAX_FRAME, offload: 0 };
  readonly #file: FileHandle;
  readonly #options: ReplayOptions;
  readonly #time: Scheduler;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Records for the next batch, in bytes[0, end). */
  readonly #batch = { bytes: Buffer.allocUnsafeSlow(TURN_BYTES + MAX_RECORD), start: 0, end: 0 };
  #events: LinkEvents | null = null;
  #frames = 0;
  #skipped = 0;
  /** When a packet of the file's time 0 would be due. */
  #shiftMs = Number.NaN;
  #paused = false;
  #closed = false;
  /** Ends what `run` is waiting for. */
  #wake: (() => void) | null = null;

  private constructor(path: string, file: FileHandle, options: ReplayOptions) {
    this.peer = path;
    this.#file = file;
    this.#options = options;
    this.#time = options.time ?? scheduler;
  }

  /** Opens the file and looks whether it is a capture of Ethernet. Throws `missing`, `no-permission`, `usage`. */
  static async open(path: string, options: ReplayOptions = {}): Promise<ReplayLink> {
    return new ReplayLink(path, await openFile(path), options);
  }

  start(events: LinkEvents): void {
    this.#events = events;
    void this.#run().then(
      () => undefined,
      (error: unknown) => this.#failed(explain(this.peer, error)),
    );
  }

  /** Nobody is there. */
  send(): Sent {
    return "done";
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    const events = this.#events;
    void this.#file
      .close()
      .catch(() => undefined) // It was only read.
      .then(() => events?.close(error));
  }

  async #run(): Promise<void> {
    // Not from within `start`.
    await Promise.resolve();
    do {
      const before = this.#frames;
      await this.#replay();
      if (this.#closed) return;
      if (this.#frames === before) throw new TapswitchError("protocol", "it holds no packet");
      this.#shiftMs = Number.NaN;
    } while (this.#options.loop);
    this.#options.ended?.(this.#frames, this.#skipped);
  }

  #failed(error: Error): void {
    if (this.#closed) return;
    if (this.#options.ended === undefined) this.close(error);
    else this.#options.ended(this.#frames, this.#skipped, error);
  }

  /** Goes through the file once. */
  async #replay(): Promise<void> {
    const scanner = new CaptureScanner();
    for (let place = 0; !this.#closed; ) {
      const { bytesRead } = await this.#file.read(this.#chunk, 0, CHUNK_BYTES, place);
      if (bytesRead === 0) return scanner.finish();
      place += bytesRead;
      scanner.feed(this.#chunk.subarray(0, bytesRead));
      while (!this.#closed && scanner.next()) await this.#take(scanner);
      await this.#flush();
    }
  }

  async #take(scanner: CaptureScanner): Promise<void> {
    const { start, end, length, timeMs } = scanner.packet;
    const fault = faultOf(end - start, length);
    if (fault !== null) {
      this.#skipped++;
      this.#events?.dropped(fault, 1);
      return;
    }
    const due = this.#due(timeMs);
    if (due > this.#time.now()) await this.#flush();
    while (!this.#closed && due > this.#time.now()) await this.#sleep(due);
    writeHeader(this.#batch.bytes, this.#batch.end, RecordKind.frame, end - start);
    scanner.bytes.copy(this.#batch.bytes, this.#batch.end + RECORD_HEADER, start, end);
    this.#batch.end += RECORD_HEADER + end - start;
    this.#frames++;
    if (this.#batch.end >= TURN_BYTES) await this.#flush();
  }

  /** Hands the batch on, one in a turn of the event loop. */
  async #flush(): Promise<void> {
    while (this.#paused && !this.#closed) await this.#waiting();
    if (this.#batch.end === 0 || this.#closed) return;
    this.#events?.batch(this.#batch);
    this.#batch.end = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** When a packet captured at `timeMs` is due, in the time of the clock. */
  #due(timeMs: number): number {
    const { speed = 1 } = this.#options;
    if (speed === 0 || Number.isNaN(timeMs)) return 0;
    if (Number.isNaN(this.#shiftMs)) this.#shiftMs = this.#time.now() - timeMs / speed;
    return timeMs / speed + this.#shiftMs;
  }

  async #sleep(due: number): Promise<void> {
    const waiting = this.#waiting();
    const cancel = this.#time.after(due - this.#time.now(), () => this.#wake?.());
    await waiting;
    cancel();
  }

  #waiting(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }
}

/** Why a packet of `kept` bytes out of `length` is no frame that a port could carry, or null. */
function faultOf(kept: number, length: number): DropReason | null {
  if (kept < length || kept < MIN_FRAME) return "malformed";
  return kept > MAX_FRAME ? "oversize" : null;
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const head = new CaptureScanner();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, 0);
    head.feed(buffer.subarray(0, bytesRead));
    if (!head.next() && bytesRead < CHUNK_BYTES) head.finish();
    return file;
  } catch (cause) {
    await file?.close();
    throw explain(path, cause);
  }
}

function explain(path: string, cause: unknown): TapswitchError {
  if (cause instanceof TapswitchError)
    return new TapswitchError("usage", `cannot replay '${path}': ${cause.message}`, { cause });
  const errno = errnoOf(cause) ?? "unknown error";
  const failed = `cannot replay '${path}' (${errno})`;
  if (errno === "EACCES" || errno === "EPERM")
    return new TapswitchError("no-permission", `${failed}: run as its owner or make it readable`, { cause });
  if (errno === "ENOENT" || errno === "ENOTDIR" || errno === "EISDIR")
    return new TapswitchError("missing", `${failed}: there is no such file`, { cause });
  return new TapswitchError("system", failed, { cause });
}

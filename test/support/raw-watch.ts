/**
 * A proxy in front of a raw peer that reads along what the peer is sent, byte for byte as it comes, by rules of its
 * own: QEMU stops reading for ever at a length of 0, and closes at one that is too long or of another kind.
 */
import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** Header of the longest frame that a raw peer may get: passt takes no more. */
const LONGEST = 65_535;

export class RawWatch {
  /** What was wrong, in words; empty as it should be. */
  readonly faults: string[] = [];
  records = 0;
  bytes = 0;
  longest = 0;
  shortest = Number.POSITIVE_INFINITY;
  #header = 0;
  #headerBytes = 0;
  #left = 0;

  /** Reads on. */
  feed(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    for (let at = 0; at < chunk.length && this.faults.length === 0; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      this.#header = this.#header * 256 + chunk[at++]!;
      if (++this.#headerBytes === 4) this.#begin();
    }
  }

  /** Whether all records so far are whole. */
  get isWhole(): boolean {
    return this.#left === 0 && this.#headerBytes === 0;
  }

  #begin(): void {
    const length = this.#header;
    this.records++;
    if (length === 0) this.faults.push(`record ${this.records} has length 0`);
    else if (length >= 1 << 24) this.faults.push(`record ${this.records} is of kind ${length >>> 24}`);
    else if (length < 14) this.faults.push(`record ${this.records} has ${length} bytes`);
    else if (length > LONGEST) this.faults.push(`record ${this.records} has ${length} bytes`);
    this.longest = Math.max(this.longest, length);
    this.shortest = Math.min(this.shortest, length);
    [this.#left, this.#header, this.#headerBytes] = [length, 0, 0];
  }
}

/** Listens at `path` and passes all on to `target`. Resolves when it listens; ends with the test. */
export async function watchRaw(t: TestContext, path: string, target: string): Promise<RawWatch> {
  const watch = new RawWatch();
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ path: target });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on("data", (chunk) => watch.feed(chunk));
    far.pipe(near);
  });
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return watch;
}

/**
 * A file system that loses power: the step with a given number, and every one after it, fails. What had not been
 * forced to the disk by then is either all there, all gone or half there, whichever the test asks for. It works on
 * real files, so that the code under test reads the result as after a reboot.
 */
import nodeFs from "node:fs";
import type { FileSystem } from "../../src/state/atomic-file.js";

/** What became of writes and renames that no fsync had covered. */
export const LOSSES = ["nothing", "data", "names", "data and names", "half the data"] as const;
export type Loss = (typeof LOSSES)[number];

export class PowerCut extends Error {}

export class FailingDisk implements FileSystem {
  #steps = 0;
  readonly #failAt: number;
  readonly #open = new Map<number, string>();
  /** Files whose bytes, and renames that, are not on the disk yet. */
  readonly #unsynced = new Set<string>();
  #undo: (() => void)[] = [];

  /** Fails at step `failAt`, counted from 1; never for infinity. */
  constructor(failAt = Number.POSITIVE_INFINITY) {
    this.#failAt = failAt;
  }

  get steps(): number {
    return this.#steps;
  }

  /** The power is back: makes the files what they would be now. */
  recover(loss: Loss): void {
    for (const fd of this.#open.keys()) nodeFs.closeSync(fd);
    if (loss.includes("names")) for (const undo of this.#undo.reverse()) undo();
    for (const path of this.#unsynced) {
      const size = nodeFs.statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined || !loss.includes("data")) continue;
      nodeFs.truncateSync(path, loss === "half the data" ? size >> 1 : 0);
    }
  }

  readonly openSync = ((path: string, flags: string, mode?: number) => {
    this.#step();
    const fd = nodeFs.openSync(path, flags, mode);
    this.#open.set(fd, path);
    return fd;
  }) as FileSystem["openSync"];

  readonly writeFileSync = ((fd: number, content: string) => {
    this.#step();
    this.#unsynced.add(this.#open.get(fd)!);
    nodeFs.writeFileSync(fd, content);
  }) as FileSystem["writeFileSync"];

  fsyncSync(fd: number): void {
    this.#step();
    const path = this.#open.get(fd)!;
    this.#unsynced.delete(path);
    if (nodeFs.fstatSync(fd).isDirectory()) this.#undo = [];
  }

  closeSync(fd: number): void {
    this.#step();
    this.#open.delete(fd);
    nodeFs.closeSync(fd);
  }

  readonly renameSync = ((from: string, to: string) => {
    this.#step();
    const before = nodeFs.existsSync(to) ? nodeFs.readFileSync(to) : null;
    nodeFs.renameSync(from, to);
    if (this.#unsynced.delete(from)) this.#unsynced.add(to);
    this.#undo.push(() =>
      before === null
        ? nodeFs.rmSync(to, { force: true })
        : nodeFs.writeFileSync(to, before, { mode: 0o600 }),
    );
  }) as FileSystem["renameSync"];

  readonly linkSync = ((from: string, to: string) => {
    this.#step();
    nodeFs.linkSync(from, to);
    if (this.#unsynced.has(from)) this.#unsynced.add(to);
    this.#undo.push(() => nodeFs.rmSync(to, { force: true }));
  }) as FileSystem["linkSync"];

  readonly unlinkSync = ((path: string) => {
    this.#step();
    nodeFs.unlinkSync(path);
  }) as FileSystem["unlinkSync"];

  #step(): void {
    if (++this.#steps >= this.#failAt) throw new PowerCut(`no power at step ${this.#steps}`);
  }
}

/** Runs `write` once for each step at which it can be cut off and each loss; `check` sees the files afterwards. */
export function cutEverywhere(
  prepare: () => void,
  write: (disk: FailingDisk) => void,
  check: () => void,
): number {
  const whole = new FailingDisk();
  prepare();
  write(whole);
  let cuts = 0;
  for (let step = 1; step <= whole.steps; step++) {
    for (const loss of LOSSES) {
      prepare();
      const disk = new FailingDisk(step);
      try {
        write(disk);
      } catch {
        // the power cut, or what became of it
      }
      disk.recover(loss);
      check();
      cuts++;
    }
  }
  return cuts;
}

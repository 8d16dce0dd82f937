/**
 * The whole terminal as one drawing: the alternate screen, so that what stood there comes back. It is given back
 * whatever ends the process; a suspended process (Ctrl-Z) gives it back for that time.
 */
import { emitKeypressEvents, type Key } from "node:readline";
import type { Size } from "./top-view.js";

/** Alternate screen, no cursor, long lines cut instead of wrapped; and all of it back. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

export interface FullScreenEvents {
  /** The name of a key as Node has it, or the character. Ctrl-C comes as "quit". */
  key(name: string): void;
  /** Another size, or what was drawn is gone: draw again. */
  redraw(): void;
  /** A signal asks for the end, or nobody sees it any more. */
  end(): void;
}

export class FullScreen {
  readonly #events: FullScreenEvents;
  readonly #onExit = (): void => this.close();
  #drawn: readonly string[] = [];
  #isOpen = false;

  constructor(events: FullScreenEvents) {
    this.#events = events;
  }

  get size(): Size {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  open(): void {
    const { stdin, stdout } = process;
    emitKeypressEvents(stdin);
    stdin.on("keypress", (text: string | undefined, key: Key) => this.#press(text, key));
    stdin.once("end", () => this.#events.end());
    stdout.on("resize", () => this.#forget());
    stdout.once("error", () => this.#events.end());
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => this.#events.end());
    process.on("SIGCONT", () => this.#enter());
    process.once("exit", this.#onExit);
    this.#enter();
  }

  /** Writes the lines that differ from what stands there. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const changed = lines.flatMap((line, row) =>
      line === this.#drawn[row] ? [] : [`\x1b[${row + 1};1H\x1b[2K${line}`],
    );
    this.#drawn = lines;
    if (changed.length > 0) process.stdout.write(changed.join(""));
  }

  /** Gives the terminal back. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.stdout.write(LEAVE);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  #enter(): void {
    this.#isOpen = true;
    process.stdin.setRawMode(true);
    process.stdin.resume();
    process.stdout.write(ENTER);
    this.#forget();
  }

  #forget(): void {
    this.#drawn = [];
    process.stdout.write("\x1b[2J");
    this.#events.redraw();
  }

  #press(text: string | undefined, { name, ctrl }: Key): void {
    if (ctrl && name === "c") this.#events.key("quit");
    else if (ctrl && name === "z") this.#suspend();
    else if (ctrl && name === "l") this.#forget();
    else if (!ctrl) this.#events.key(name ?? text ?? "");
  }

  #suspend(): void {
    this.close();
    process.kill(process.pid, "SIGTSTP");
  }
}

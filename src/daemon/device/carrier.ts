/**
 * Whether the cable of a TAP seems plugged in: from the first session on, and after a loss for `holdMs` more, so
 * that a restart of the server does not make a bridge with spanning tree block the port for 30 s.
 */
export class Carrier {
  readonly #set: (on: boolean) => void;
  readonly #holdMs: number | "never";
  #falling: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `holdMs` "never": once up it stays up. */
  constructor(set: (on: boolean) => void, holdMs: number | "never") {
    this.#set = set;
    this.#holdMs = holdMs;
  }

  up(): void {
    clearTimeout(this.#falling);
    this.#set(true);
  }

  down(): void {
    if (this.#holdMs === "never" || this.#stopped) return;
    clearTimeout(this.#falling);
    this.#falling = setTimeout(() => this.#set(false), this.#holdMs);
  }

  /** The device is going: nothing is set any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#falling);
  }
}

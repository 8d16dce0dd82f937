/**
 * Whether the cable of a TAP seems plugged in: from the first session on, and after a loss for `holdMs` more, so
 * that a restart of the server does not make a bridge with spanning tree block the port for 30 s.
 */
export class Carrier {
  readonly #set: (on: boolean) => void;
  /** How long it outlives a session. */
  holdMs: number | "never";
  #falling: NodeJS.Timeout | undefined;
  #stopped = false;
  #isUp = false;

  /** `holdMs` "never": once up it stays up. */
  constructor(set: (on: boolean) => void, holdMs: number | "never") {
    this.#set = set;
    this.holdMs = holdMs;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  up(): void {
    clearTimeout(this.#falling);
    this.#turn(true);
  }

  down(): void {
    if (this.holdMs === "never" || this.#stopped) return;
    clearTimeout(this.#falling);
    this.#falling = setTimeout(() => this.#turn(false), this.holdMs);
  }

  /** The device is going: nothing is set any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#falling);
  }

  #turn(on: boolean): void {
    this.#isUp = on;
    this.#set(on);
  }
}

/**
 * Sends counted frames as fast as they arrive: what may be under way grows while nothing is lost and shrinks when
 * something is, as TCP does it. Whoever acknowledges nothing gets three small windows and no more.
 */

/** What may be under way at first, at least and at most, bytes. The least lets one frame of any length go. */
const FIRST_WINDOW = 262_144;
const LEAST_WINDOW = 131_072;
const MAX_WINDOW = 16 * 1_048_576;
/** Of our own port: frames that wait there measure nothing but patience. */
const MAX_BACKLOG = 1_048_576;
/** After this long without an answer, what is under way is lost. */
const SILENT_MS = 300;
const MAX_SILENCES = 2;

export interface FlowOptions {
  /** Of each frame. */
  readonly frameBytes: number;
  /** Sends the frame with that number, counted from 0. */
  send(number: number): void;
  /** Bytes that wait in our own port. */
  backlog(): number;
}

export class FlowSender {
  readonly #options: FlowOptions;
  #window = FIRST_WINDOW;
  #next = 0;
  /** The first number of which nothing has been heard. */
  #edge = 0;
  #lost = 0;
  #arrived = 0;
  /** A loss of frames below this number has been paid for. */
  #recovered = 0;
  #isStarting = true;
  /** How often in a row that was so. */
  #silences = 0;
  #heardAt: number;

  constructor(options: FlowOptions, now: number) {
    this.#options = options;
    this.#heardAt = now;
  }

  /** Frames sent, and those that arrived. */
  get sent(): number {
    return this.#next;
  }

  get arrived(): number {
    return this.#arrived;
  }

  /** Frames of which it is known whether they arrived. */
  get heardOf(): number {
    return this.#edge;
  }

  get window(): number {
    return this.#window;
  }

  /** Sends what may be under way. */
  pump(): void {
    if (this.#silences > MAX_SILENCES) return;
    const { frameBytes, send, backlog } = this.#options;
    while ((this.#next - this.#edge + 1) * frameBytes <= this.#window && backlog() < MAX_BACKLOG)
      send(this.#next++);
  }

  /** All below `edge` are there or lost; `arrived` are there. */
  acked(edge: number, arrived: number, now: number): void {
    // A number that was never sent, or older news.
    if (edge > this.#next || edge < this.#edge || arrived < this.#arrived || arrived > edge) return;
    this.#heardAt = now;
    this.#silences = 0;
    const gained = (edge - this.#edge) * this.#options.frameBytes;
    const lost = edge - arrived;
    if (lost > this.#lost && edge > this.#recovered) this.#shrink();
    else if (lost === this.#lost) this.#grow(gained);
    this.#lost = lost;
    this.#edge = edge;
    this.#arrived = arrived;
  }

  /** To be called every now and then: gives up on what has been under way for too long. */
  tick(now: number): void {
    if (this.#next === this.#edge || now - this.#heardAt < SILENT_MS) return;
    this.#heardAt = now;
    this.#silences++;
    this.#edge = this.#next;
    this.#recovered = this.#next;
    this.#lost = this.#next - this.#arrived;
    this.#window = LEAST_WINDOW;
  }

  #grow(gained: number): void {
    const step = this.#isStarting ? gained : (gained * this.#options.frameBytes) / this.#window;
    this.#window = Math.min(MAX_WINDOW, this.#window + step);
  }

  /** Once per round trip: all that is under way now was sent before the news. */
  #shrink(): void {
    this.#isStarting = false;
    this.#recovered = this.#next;
    this.#window = Math.max(LEAST_WINDOW, this.#window * 0.7);
  }
}

/**
 * How much one connection may read in one turn of the event loop. libuv reads up to 32 times before it lets anyone
 * else have a turn, and TLS finishes no write before the turn ends: without a bound the queue of the port that all of
 * it goes to overflows, however fast its link is.
 */

/** An eighth of a port's queue: several busy connections may send to one port. */
const TURN_BYTES = 262_144;

export class ReadTurn {
  readonly #goOn: () => void;
  #bytes = 0;
  #ending = false;
  #stopped = false;

  /** `goOn` is called in the next turn, if reading was to stop in this one. */
  constructor(goOn: () => void) {
    this.#goOn = goOn;
  }

  /** Counts a read; false if it was enough for this turn. */
  more(bytes: number): boolean {
    this.#bytes += bytes;
    if (!this.#ending) {
      this.#ending = true;
      setImmediate(this.#end);
    }
    this.#stopped = this.#bytes >= TURN_BYTES;
    return !this.#stopped;
  }

  readonly #end = (): void => {
    const stopped = this.#stopped;
    this.#ending = false;
    this.#stopped = false;
    this.#bytes = 0;
    if (stopped) this.#goOn();
  };
}

/** Counts the frames of a flow as they come. */
export class FlowReceiver {
  #edge = 0;
  #arrived = 0;
  #bytes = 0;
  #firstAt = 0;
  #lastAt = 0;

  /** One more than the highest number that has come. */
  get edge(): number {
    return this.#edge;
  }

  get arrived(): number {
    return this.#arrived;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From the first to the last, milliseconds. */
  get ms(): number {
    return this.#lastAt - this.#firstAt;
  }

  came(number: number, bytes: number, now: number): void {
    if (this.#arrived === 0) this.#firstAt = now;
    this.#lastAt = now;
    this.#arrived++;
    this.#bytes += bytes;
    this.#edge = Math.max(this.#edge, number + 1);
  }
}

/**
 * Records on their way through a slow cable: copied, in order, each with the time at which it comes out, bounded in
 * bytes. One ring of memory that grows with the traffic; nothing is allocated per record.
 */

const FIRST_BYTES = 4_096;
const FIRST_RECORDS = 64;

export class DelayLine {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  /** Where the next record is written. */
  #tail = 0;
  #queued = 0;
  /** A ring of the records, in order: where each lies, and when it is due. */
  #starts = new Float64Array(FIRST_RECORDS);
  #ends = new Float64Array(FIRST_RECORDS);
  #dues = new Float64Array(FIRST_RECORDS);
  #first = 0;
  #count = 0;
  #chosen = 0;

  /** Holds at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What `choose` found: records in bytes[start, end), untouched until `drop`. */
  start = 0;
  end = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** When the first record is due; only where there is one. */
  get due(): number {
    return this.#dues[this.#first]!;
  }

  /** Copies one record in bytes[start, end), due at `due`, no earlier than the one before it. False: it is full. */
  push(bytes: Buffer, start: number, end: number, due: number): boolean {
    const length = end - start;
    if (this.#queued + length > this.#limit) return false;
    const at = this.#place(length);
    bytes.copy(this.#bytes, at, start, end);
    if (this.#count === this.#dues.length) this.#growIndex();
    const slot = (this.#first + this.#count++) % this.#dues.length;
    this.#starts[slot] = at;
    this.#ends[slot] = at + length;
    this.#dues[slot] = due;
    this.#tail = at + length;
    this.#queued += length;
    return true;
  }

  /** Finds the records that are due and lie one behind the other. False where none is due. */
  choose(now: number): boolean {
    this.#chosen = 0;
    for (; this.#chosen < this.#count; this.#chosen++) {
      const slot = (this.#first + this.#chosen) % this.#dues.length;
      if (this.#dues[slot]! > now) break;
      if (this.#chosen === 0) this.start = this.#starts[slot]!;
      else if (this.#starts[slot] !== this.end) break;
      this.end = this.#ends[slot]!;
    }
    return this.#chosen > 0;
  }

  /** Forgets the records that were chosen. */
  drop(): void {
    this.#first = (this.#first + this.#chosen) % this.#dues.length;
    this.#count -= this.#chosen;
    this.#queued -= this.end - this.start;
    this.#chosen = 0;
  }

  /** Where `length` bytes fit behind what is there. */
  #place(length: number): number {
    if (this.#count === 0) this.#tail = 0;
    const head = this.#count === 0 ? 0 : this.#starts[this.#first]!;
    const wrapped = this.#count > 0 && this.#tail <= head;
    if (this.#tail + length <= (wrapped ? head : this.#bytes.length)) return this.#tail;
    if (!wrapped && length <= head) return 0;
    this.#grow(length);
    return this.#tail;
  }

  /** Moves all records to the front of a larger buffer. */
  #grow(length: number): void {
    const wanted = Math.max(FIRST_BYTES, 2 * this.#bytes.length, 2 * (this.#queued + length));
    const grown = Buffer.allocUnsafeSlow(wanted);
    let at = 0;
    for (let record = 0; record < this.#count; record++) {
      const slot = (this.#first + record) % this.#dues.length;
      this.#bytes.copy(grown, at, this.#starts[slot], this.#ends[slot]);
      const size = this.#ends[slot]! - this.#starts[slot]!;
      this.#starts[slot] = at;
      at += size;
      this.#ends[slot] = at;
    }
    this.#bytes = grown;
    this.#tail = at;
  }

  #growIndex(): void {
    this.#starts = this.#unrolled(this.#starts);
    this.#ends = this.#unrolled(this.#ends);
    this.#dues = this.#unrolled(this.#dues);
    this.#first = 0;
  }

  #unrolled(ring: Float64Array): Float64Array<ArrayBuffer> {
    const grown = new Float64Array(2 * ring.length);
    grown.set(ring.subarray(this.#first));
    grown.set(ring.subarray(0, this.#first), ring.length - this.#first);
    return grown;
  }
}

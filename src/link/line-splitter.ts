/** Cuts text into lines as it arrives, of bounded length whatever comes. */

/** What is kept of a line, bytes. */
const LINE_BYTES = 512;
const NEWLINE = 10;

export class LineSplitter {
  readonly #said: (line: string) => void;
  readonly #line = Buffer.allocUnsafeSlow(LINE_BYTES);
  #length = 0;

  /** `said` is called with each line that is not empty, without control characters. */
  constructor(said: (line: string) => void) {
    this.#said = said;
  }

  feed(piece: Uint8Array): void {
    for (let start = 0; start < piece.length; ) {
      const end = piece.indexOf(NEWLINE, start);
      this.#append(piece.subarray(start, end < 0 ? piece.length : end));
      if (end < 0) return;
      this.end();
      start = end + 1;
    }
  }

  /** Hands on the last line, which nothing has ended. */
  end(): void {
    const text = this.#line
      .toString("utf8", 0, this.#length)
      .replace(/\p{Cc}/gu, " ")
      .trim();
    this.#length = 0;
    if (text !== "") this.#said(text);
  }

  #append(part: Uint8Array): void {
    const room = part.subarray(0, LINE_BYTES - this.#length);
    this.#line.set(room, this.#length);
    this.#length += room.length;
  }
}

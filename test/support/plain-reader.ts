/**
 * Reads a byte stream of records in the slowest and plainest way, from design.md section 3 and not from `src`: what
 * the readers of the program are held against.
 */

/** Shortest and longest payload by kind. */
const LENGTHS = [
  [14, 69_632],
  [24, 69_642],
  [1, 16_384],
] as const;

export interface Reading {
  readonly records: readonly { readonly kind: number; readonly payload: Buffer }[];
  /** Bytes behind the last whole record, up to the bad header if there is one. */
  readonly left: number;
  /** A header was reached that cannot be accepted; what follows was not read. */
  readonly faulty: boolean;
}

/** Everything that the stream says. */
export function readPlainly(stream: Buffer): Reading {
  const records: { kind: number; payload: Buffer }[] = [];
  let rest = stream;
  while (rest.length >= 4) {
    const kind = rest.readUInt8(0);
    const length = rest.readUIntBE(1, 3);
    const [least, most] = LENGTHS[kind] ?? [1, 0];
    if (length < least || length > most) return { records, left: rest.length, faulty: true };
    if (rest.length < 4 + length) break;
    records.push({ kind, payload: rest.subarray(4, 4 + length) });
    rest = rest.subarray(4 + length);
  }
  return { records, left: rest.length, faulty: false };
}

/**
 * Finds the whole records in a received byte range, checking each header once, so that everything behind it may
 * trust the lengths. Stops before a session message, which is not for the switch, and before the first bad header.
 */
import { RECORD_HEADER, type RecordFault, RecordKind, readHeader, recordFault } from "./record.js";

export class RecordScanner {
  /** End of the run of whole frames that started at the scan's start. */
  end = 0;
  /** Bytes of the record that starts at `end`, header included, when its header is there; else 0. */
  next = 0;
  /** True where a whole session message starts at `end`. */
  message = false;
  /** What is wrong with the header at `end`, or null. */
  fault: RecordFault | null = null;

  /** Scans bytes[start, end) from a record boundary. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    this.message = false;
    this.fault = null;
    let at = start;
    this.next = 0;
    while (at + RECORD_HEADER <= end) {
      const header = readHeader(bytes, at);
      this.fault = recordFault(header);
      if (this.fault !== null) break;
      const length = RECORD_HEADER + (header & 0xff_ffff);
      if (at + length > end || header >>> 24 === RecordKind.message) {
        this.next = length;
        this.message = at + length <= end;
        break;
      }
      at += length;
    }
    this.end = at;
  }
}

/**
 * What hosts and routers say about IP multicast, IGMP [RFC 1112, 2236, 3376] and MLD [RFC 2710, 3810] in the same
 * words. `readGroupMessage` fills it.
 */
import { IpGroup } from "./ip-group.js";

export type GroupMessageKind = "query" | "report" | "leave" | "records";

/** A group record's type [RFC 3376 4.2.12, RFC 3810 5.2.12]. */
export const RecordType = { isIn: 1, isEx: 2, toIn: 3, toEx: 4, allow: 5, block: 6 } as const;

export class GroupMessage {
  kind: GroupMessageKind = "query";
  /** Version of IGMP; MLDv1 counts as 2 and MLDv2 as 3. */
  version = 2;
  /** Who says it. */
  readonly source = new IpGroup();
  /** What it is about; unspecified in a general query. Of `records` it is that of the record at hand. */
  readonly group = new IpGroup();
  /** Milliseconds in which hosts have to answer a query. */
  maxResponseMs = 0;
  /** Type of the record at hand, and how many sources it names. */
  recordType = 0;
  recordSources = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  #end = 0;
  #left = 0;

  /** Lets `nextRecord` walk `count` records in bytes[start, end). False where they do not fit in there. */
  openRecords(bytes: Uint8Array, start: number, end: number, count: number): boolean {
    this.kind = "records";
    this.version = 3;
    this.#bytes = bytes;
    this.#end = end;
    this.#next = start;
    this.#left = count;
    while (this.nextRecord());
    const isWhole = this.#left === 0;
    this.#next = start;
    this.#left = count;
    return isWhole;
  }

  /** Steps to the next record of `records`; false behind the last one, or where the next is cut short. */
  nextRecord(): boolean {
    const address = this.source.isIpv6 ? 16 : 4;
    const sourcesAt = this.#next + 4 + address;
    if (this.#left === 0 || sourcesAt > this.#end) return false;
    const bytes = this.#bytes;
    this.recordType = bytes[this.#next]!;
    this.recordSources = (bytes[this.#next + 2]! << 8) | bytes[this.#next + 3]!;
    const next = sourcesAt + this.recordSources * address + bytes[this.#next + 1]! * 4;
    if (next > this.#end) return false;
    if (this.source.isIpv6) this.group.readIpv6(bytes, this.#next + 4);
    else this.group.readIpv4(bytes, this.#next + 4);
    this.#next = next;
    this.#left--;
    return true;
  }
}

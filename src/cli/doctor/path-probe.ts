/**
 * What a path carries: echo requests that must not be fragmented, of many sizes at once, so that a few rounds find the largest that comes back. Needs the optional package raw-socket and the right to use it.
 */
import { isIPv6 } from "node:net";

export interface PathFound {
  /** Bytes of the largest packet that came back; null: none did. */
  readonly mtu: number | null;
  /** Of the smallest, milliseconds. */
  readonly rttMs: number | null;
}

/** The part of raw-socket that is used here. */
interface RawSocket {
  on(event: "message", listener: (bytes: Buffer, source: string) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  setOption(level: number, option: number, value: number): void;
  send(
    bytes: Buffer,
    offset: number,
    length: number,
    address: string,
    sent: (error: Error | null) => void,
  ): void;
  close(): void;
}
interface RawSocketModule {
  createSocket(options: { protocol: number; addressFamily: number; bufferSize: number }): RawSocket;
}

/** Of ip(7), ipv6(7), icmp: numbers that raw-socket has no names for. */
const FAMILIES = {
  4: {
    protocol: 1,
    addressFamily: 1,
    level: 0,
    discover: 10,
    request: 8,
    reply: 0,
    ipHeader: 20,
    received: 20,
  },
  6: {
    protocol: 58,
    addressFamily: 2,
    level: 41,
    discover: 23,
    request: 128,
    reply: 129,
    ipHeader: 40,
    received: 0,
  },
} as const;
/** IP_PMTUDISC_PROBE: may not be fragmented, and what the kernel believes of the path does not count. */
const PROBE = 3;
const HEADER = 8;
/** Sizes in one round. */
const WIDTH = 12;
const ROUNDS = 4;
/** The first round waits this long for answers; later ones a little longer than the first answer took. */
const ROUND_MS = 1_000;
const SPARE_MS = 100;
const SMALLEST = 576;

/** Throws where raw sockets cannot be had. */
export async function probePath(address: string, largest: number): Promise<PathFound> {
  const name = "raw-socket";
  const { default: raw } = (await import(name)) as { default: RawSocketModule };
  const prober = new Prober(raw, address);
  try {
    return await search(prober, largest);
  } finally {
    prober.close();
  }
}

async function search(prober: Prober, largest: number): Promise<PathFound> {
  let [low, high, rttMs]: [number, number, number | null] = [SMALLEST, largest, null];
  let best: number | null = null;
  for (let round = 0; round < ROUNDS && low <= high; round++) {
    const sizes = sizesBetween(low, high);
    const waitMs = rttMs === null ? ROUND_MS : Math.min(ROUND_MS, 2 * rttMs + SPARE_MS);
    const answered = await prober.round(sizes, waitMs);
    const largestBack = Math.max(-1, ...answered.keys());
    if (largestBack < 0) break;
    rttMs ??= Math.min(...answered.values());
    best = largestBack;
    if (best === high) break;
    [low, high] = [best, (sizes.find((size) => size > best!) ?? high + 1) - 1];
  }
  return { mtu: best, rttMs };
}

/** Evenly, the ends included, upwards. */
export function sizesBetween(low: number, high: number): number[] {
  const steps = Math.min(WIDTH - 1, high - low);
  if (steps === 0) return [low];
  return Array.from({ length: steps + 1 }, (_, index) => low + Math.round(((high - low) * index) / steps));
}

class Prober {
  readonly #socket: RawSocket;
  readonly #address: string;
  readonly #family: (typeof FAMILIES)[4 | 6];
  readonly #id = process.pid & 0xffff;
  /** Sequence numbers under way: size and time of each. */
  readonly #sent = new Map<number, { size: number; atMs: number }>();
  #answered = new Map<number, number>();
  #sequence = 0;
  #done: () => void = () => undefined;
  #wanted = 0;

  constructor(raw: RawSocketModule, address: string) {
    this.#address = address;
    this.#family = FAMILIES[isIPv6(address) ? 6 : 4];
    const { protocol, addressFamily, level, discover } = this.#family;
    this.#socket = raw.createSocket({ protocol, addressFamily, bufferSize: 65_536 });
    // A router's "too big" may come back as an error of the next call: the missing answer says the same.
    this.#socket.on("error", () => undefined);
    this.#socket.setOption(level, discover, PROBE);
    this.#socket.on("message", (bytes) => this.#take(bytes));
  }

  /** Sends packets of these sizes; which came back, and after how many milliseconds. */
  async round(sizes: readonly number[], waitMs: number): Promise<Map<number, number>> {
    this.#answered = new Map();
    this.#wanted = sizes.length;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      timer = setTimeout(resolve, waitMs);
      for (const size of sizes) this.#send(size);
    });
    clearTimeout(timer);
    return this.#answered;
  }

  close(): void {
    this.#socket.close();
  }

  #send(size: number): void {
    const { ipHeader, request } = this.#family;
    const sequence = ++this.#sequence;
    const bytes = Buffer.alloc(size - ipHeader);
    bytes.writeUInt8(request, 0);
    bytes.writeUInt16BE(this.#id, 4);
    bytes.writeUInt16BE(sequence, 6);
    // For ICMPv6 the kernel does it, which knows the source address.
    if (request === FAMILIES[4].request) bytes.writeUInt16BE(internetChecksum(bytes), 2);
    this.#sent.set(sequence, { size, atMs: performance.now() });
    this.#socket.send(bytes, 0, bytes.length, this.#address, () => undefined);
  }

  #take(bytes: Buffer): void {
    const { received, reply } = this.#family;
    const at = received === 0 ? 0 : ((bytes[0] ?? 0) & 0x0f) * 4;
    if (bytes.length < at + HEADER || bytes[at] !== reply || bytes.readUInt16BE(at + 4) !== this.#id) return;
    const sent = this.#sent.get(bytes.readUInt16BE(at + 6));
    if (sent === undefined) return;
    this.#answered.set(sent.size, performance.now() - sent.atMs);
    if (this.#answered.size === this.#wanted) this.#done();
  }
}

/** Of an even number of bytes or one more [RFC 1071]. */
export function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

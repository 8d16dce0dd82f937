/** WebSocket messages written and read byte by byte, slowly and by the book [RFC 6455 5.2]. */

export interface PlainMessage {
  readonly opcode: number;
  readonly final: boolean;
  readonly masked: boolean;
  readonly content: Buffer;
}

/** Header fields of a request for a WebSocket [RFC 6455 1.3]. */
export const UPGRADE = {
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** One fragment, masked as a client's are unless `mask` is null. */
export function plainMessage(
  opcode: number,
  content: Buffer,
  { final = true, mask = 0x12345678 }: { final?: boolean; mask?: number | null } = {},
): Buffer {
  const length = content.length;
  const head = [(final ? 0x80 : 0) | opcode];
  const flag = mask === null ? 0 : 0x80;
  if (length < 126) head.push(flag | length);
  else if (length < 65_536) head.push(flag | 126, length >>> 8, length & 0xff);
  else head.push(flag | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >>> shift) & 0xff));
  if (mask === null) return Buffer.concat([Buffer.from(head), content]);
  const key = [24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff);
  const hidden = Buffer.from(content.map((byte, index) => byte ^ key[index % 4]!));
  return Buffer.concat([Buffer.from([...head, ...key]), hidden]);
}

/** The whole messages in `bytes`, and what is left behind them. */
export function readPlainMessages(bytes: Buffer): { messages: PlainMessage[]; rest: Buffer } {
  const messages: PlainMessage[] = [];
  for (;;) {
    const found = readOne(bytes);
    if (found === null) return { messages, rest: bytes };
    messages.push(found.message);
    bytes = bytes.subarray(found.end);
  }
}

function readOne(bytes: Buffer): { message: PlainMessage; end: number } | null {
  if (bytes.length < 2) return null;
  const masked = (bytes[1]! & 0x80) !== 0;
  const short = bytes[1]! & 0x7f;
  const lengthAt = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < lengthAt + (masked ? 4 : 0)) return null;
  const length = short < 126 ? short : Number(`0x${bytes.subarray(2, lengthAt).toString("hex")}`);
  const at = lengthAt + (masked ? 4 : 0);
  if (bytes.length < at + length) return null;
  const key = bytes.subarray(lengthAt, at);
  const content = Buffer.from(bytes.subarray(at, at + length));
  if (masked) for (let index = 0; index < length; index++) content[index]! ^= key[index % 4]!;
  const message = { opcode: bytes[0]! & 0x0f, final: (bytes[0]! & 0x80) !== 0, masked, content };
  return { message, end: at + length };
}

/** Capture files as others write them, made by plain code of its own [draft-ietf-opsawg-pcap, -pcapng]. */

export interface Packet {
  readonly frame: Buffer;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Bytes on the wire, where the frame was cut short. */
  readonly length?: number;
}

export interface FileForm {
  readonly little: boolean;
  /** Units of time in a second. */
  readonly nano: boolean;
  readonly linkType?: number;
}

export function pcap(packets: readonly Packet[], { little, nano, linkType = 1 }: FileForm): Buffer {
  const word = words(little);
  const head = [word(nano ? 0xa1b23c4d : 0xa1b2c3d4), half(little, 2, 4), word(0, 0, 262_144, linkType)];
  const body = packets.flatMap(({ frame, timeMs, length = frame.length }) => {
    const seconds = Math.floor(timeMs / 1_000);
    const rest = Math.round((timeMs - seconds * 1_000) * (nano ? 1e6 : 1e3));
    return [word(seconds, rest, frame.length, length), frame];
  });
  return Buffer.concat([...head, ...body]);
}

export function pcapng(packets: readonly Packet[], { little, nano, linkType = 1 }: FileForm): Buffer {
  const word = words(little);
  const block = (type: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const size = word(padded.length + 12);
    return Buffer.concat([word(type), size, padded, size]);
  };
  const options = nano ? [half(little, 9, 1), Buffer.from([9, 0, 0, 0]), half(little, 0, 0)] : [];
  const comment = [half(little, 1, 5), Buffer.from("hello\0\0\0"), half(little, 0, 0)];
  const blocks = packets.map(({ frame, timeMs, length = frame.length }) => {
    const units = BigInt(Math.round(timeMs * 1e3)) * (nano ? 1_000n : 1n);
    const time = word(Number(units >> 32n), Number(units & 0xffff_ffffn));
    const data = Buffer.concat([frame, Buffer.alloc(-frame.length & 3)]);
    return block(6, word(0), time, word(frame.length, length), data, ...comment);
  });
  return Buffer.concat([
    block(0x0a0d0d0a, word(0x1a2b3c4d), half(little, 1, 0), word(0xffff_ffff, 0xffff_ffff), ...comment),
    block(1, half(little, linkType, 0), word(0), ...options),
    block(0xbad, Buffer.from("what a reader does not know it leaves out")),
    ...blocks,
  ]);
}

/** Packets without a time of their own: simple packet blocks. */
export function simplePcapng(frames: readonly Buffer[]): Buffer {
  const head = pcapng([], { little: true, nano: false });
  const blocks = frames.map((frame) => {
    const padded = Buffer.concat([frame, Buffer.alloc(-frame.length & 3)]);
    const size = words(true)(padded.length + 16);
    return Buffer.concat([words(true)(3), size, words(true)(frame.length), padded, size]);
  });
  return Buffer.concat([head, ...blocks]);
}

function words(little: boolean): (...values: number[]) => Buffer {
  return (...values) =>
    Buffer.concat(
      values.map((value) => {
        const bytes = Buffer.alloc(4);
        if (little) bytes.writeUInt32LE(value);
        else bytes.writeUInt32BE(value);
        return bytes;
      }),
    );
}

function half(little: boolean, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) {
    if (little) bytes.writeUInt16LE(value, 2 * index);
    else bytes.writeUInt16BE(value, 2 * index);
  }
  return bytes;
}

/** Reads pcapng files block by block, slowly, and checks all that makes a file readable. */
import assert from "node:assert/strict";

export interface PcapngPacket {
  readonly on: string;
  readonly direction: "in" | "out";
  readonly nanoseconds: bigint;
  readonly data: Buffer;
  readonly length: number;
  readonly comment: string | undefined;
}

export interface PcapngInterface {
  readonly name: string;
  readonly description: string;
  readonly filter: string | undefined;
  readonly snaplen: number;
  statistics?: Readonly<Record<"received" | "dropped" | "accepted" | "delivered", number>>;
}

export interface PcapngFile {
  readonly application: string;
  readonly interfaces: PcapngInterface[];
  readonly packets: PcapngPacket[];
}

export function readPcapng(file: Buffer): PcapngFile {
  const read: { application: string } & Omit<PcapngFile, "application"> = {
    application: "",
    interfaces: [],
    packets: [],
  };
  let rest = file;
  while (rest.length > 0) {
    const [type, length] = [rest.readUInt32LE(0), rest.readUInt32LE(4)];
    assert.ok(length % 4 === 0 && length >= 12 && length <= rest.length, `a block of ${length} bytes`);
    assert.equal(rest.readUInt32LE(length - 4), length, "its length at its end");
    readBlock(type, rest.subarray(8, length - 4), read);
    rest = rest.subarray(length);
  }
  return read;
}

function readBlock(
  type: number,
  body: Buffer,
  read: { application: string } & Omit<PcapngFile, "application">,
): void {
  switch (type) {
    case 0x0a0d0d0a:
      assert.equal(body.toString("hex", 0, 16), "4d3c2b1a01000000ffffffffffffffff");
      read.application = text(options(body.subarray(16)).get(4))!;
      break;
    case 1:
      read.interfaces.push(readInterface(body));
      break;
    case 5: {
      const [values, to] = [options(body.subarray(12)), read.interfaces[body.readUInt32LE(0)]!];
      const number = (code: number): number => Number(values.get(code)!.readBigUInt64LE());
      to.statistics = { received: number(4), dropped: number(5), accepted: number(6), delivered: number(8) };
      break;
    }
    case 6:
      read.packets.push(readPacket(body, read.interfaces));
      break;
    default:
      assert.fail(`a block of type ${type}`);
  }
}

function readInterface(body: Buffer): PcapngInterface {
  const values = options(body.subarray(8));
  assert.equal(body.readUInt32LE(0), 1);
  assert.equal(values.get(9)![0], 9);
  return {
    name: text(values.get(2))!,
    description: text(values.get(3))!,
    filter: text(values.get(11)?.subarray(1)),
    snaplen: body.readUInt32LE(4),
  };
}

function readPacket(body: Buffer, interfaces: readonly PcapngInterface[]): PcapngPacket {
  const [id, high, low, kept, length] = [0, 4, 8, 12, 16].map((at) => body.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const padding = -kept & 3;
  assert.ok(body.subarray(20 + kept, 20 + kept + padding).every((octet) => octet === 0));
  const values = options(body.subarray(20 + kept + padding));
  const flags = values.get(2)!.readUInt32LE();
  assert.ok(flags === 1 || flags === 2);
  return {
    on: interfaces[id]!.name,
    direction: flags === 1 ? "in" : "out",
    nanoseconds: (BigInt(high) << 32n) | BigInt(low),
    data: body.subarray(20, 20 + kept),
    length,
    comment: text(values.get(1)),
  };
}

function options(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; ; ) {
    const [code, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (code === 0) {
      assert.ok(length === 0 && at + 4 === bytes.length, "the end of options is the end");
      return found;
    }
    found.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length + (-length & 3);
  }
}

function text(value: Buffer | undefined): string | undefined {
  return value?.toString("utf8");
}

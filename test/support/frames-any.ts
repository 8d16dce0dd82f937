/** Frames of every kind that a filter can tell apart, whole and damaged, drawn from choices. */
import type { Choices } from "./choices.js";
import { bitsOf, MACS, PORTS } from "./plain-filter.js";

const IPV4 = ["10.0.0.1", "10.0.0.2", "10.1.2.3", "10.0.200.1", "192.168.7.9", "192.168.7.77", "0.0.0.0"];
const IPV6 = ["fd00::1", "fd00:0:0:8::2", "fd00:0:0:f::2", "fe80::1:2", "ff02::1", "::"];
const VLANS = [0, 1, 10, 20, 4095];
const UPPER = [1, 2, 6, 17, 58, 132, 253];

export interface FrameChoice {
  /** Also what tcpdump looks at in another way: tags, IPv6 extension headers. */
  readonly everything: boolean;
}

/** A frame that is in order. */
export function anyFrame(choices: Choices, { everything }: FrameChoice): Buffer {
  const tags = everything ? Array.from({ length: choices.of(0, 0, 1, 2, 4, 5) }, () => tag(choices)) : [];
  const [type, payload] = anyPayload(choices, everything);
  const [to, from] = [choices.of(...MACS), choices.of(...MACS)];
  const frame = Buffer.concat([Buffer.from(to + from, "hex"), ...tags, words(type), payload]);
  return choices.below(2) === 0
    ? frame
    : Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
}

/** A frame cut short, or with octets changed. */
export function damaged(frame: Buffer, choices: Choices): Buffer {
  const copy = Buffer.from(frame);
  for (let times = choices.below(4); times > 0; times--)
    copy[choices.below(copy.length)] = choices.below(256);
  return choices.below(2) === 0 ? copy.subarray(0, choices.below(copy.length + 1)) : copy;
}

function tag(choices: Choices): Buffer {
  return words(choices.of(0x8100, 0x88a8, 0x9100), (choices.below(8) << 13) | choices.of(...VLANS));
}

function anyPayload(choices: Choices, everything: boolean): readonly [number, Buffer] {
  switch (choices.below(6)) {
    case 0:
      return [choices.of(0x0806, 0x8035), arp(choices)];
    case 1:
      return [choices.of(0x88cc, 0x1234), Buffer.alloc(choices.below(60), 7)];
    case 2:
    case 3:
      return [0x86dd, ipv6(choices, everything)];
    default:
      return [0x0800, ipv4(choices)];
  }
}

function arp(choices: Choices): Buffer {
  const [sender, target] = [choices.of(...IPV4), choices.of(...IPV4)];
  const head = Buffer.from("000108000604", "hex");
  return Buffer.concat([
    head,
    words(1),
    Buffer.alloc(6, 2),
    address(sender),
    Buffer.alloc(6),
    address(target),
  ]);
}

function ipv4(choices: Choices): Buffer {
  const protocol = choices.of(...UPPER);
  const options = Buffer.alloc(4 * choices.of(0, 0, 1, 10), 1);
  const upper = anyUpper(choices);
  const fragment = choices.of(0, 0, 0x4000, 0x2000, 0x2001, 0x0007);
  const length = 20 + options.length + upper.length;
  const head = Buffer.from([0x45 + options.length / 4, 0, ...words(length, 1, fragment), 64, protocol, 0, 0]);
  return Buffer.concat([head, address(choices.of(...IPV4)), address(choices.of(...IPV4)), options, upper]);
}

function ipv6(choices: Choices, everything: boolean): Buffer {
  let [next, payload] = [choices.of(...UPPER), anyUpper(choices)];
  const headers = everything ? choices.of(0, 0, 1, 2, 8, 9) : 0;
  for (let count = 0; count < headers; count++) {
    const type = choices.of(0, 43, 44, 60);
    payload = Buffer.concat([extension(choices, type, next), payload]);
    next = type;
  }
  const head = Buffer.from([0x60, 0, 0, 0, ...words(payload.length), next, 64]);
  return Buffer.concat([head, address(choices.of(...IPV6)), address(choices.of(...IPV6)), payload]);
}

function extension(choices: Choices, type: number, next: number): Buffer {
  if (type === 44) return Buffer.from([next, 0, ...words(choices.of(0, 1, 8, 9)), 0, 0, 0, 1]);
  const length = choices.below(3);
  return Buffer.concat([Buffer.from([next, length]), Buffer.alloc(6 + 8 * length)]);
}

function anyUpper(choices: Choices): Buffer {
  return Buffer.concat([
    words(choices.of(...PORTS), choices.of(...PORTS)),
    Buffer.alloc(16 + choices.below(8), 0x50),
  ]);
}

function address(text: string): Buffer {
  return Buffer.from(
    bitsOf(text)
      .match(/.{8}/g)!
      .map((bits) => Number.parseInt(bits, 2)),
  );
}

function words(...values: number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [value >>> 8, value & 0xff]));
}

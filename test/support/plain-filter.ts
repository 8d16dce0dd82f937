/**
 * Frames and filters for the tests of `frame/filter`, made and judged by slow code of its own: a frame is decoded to
 * text fields, and each filter comes with a function of those fields.
 */
import type { Choices } from "./choices.js";

/** What is in a frame, as text; nothing for what it is too short to show. */
export interface Decoded {
  readonly macs: readonly [string, string];
  readonly types: readonly number[];
  readonly vlans: readonly number[];
  /** "ip", "ip6", "arp", "rarp" where the whole header is there. */
  network?: string;
  /** In binary digits, source and destination. */
  addresses?: readonly [string, string];
  protocol?: number;
  ports?: readonly [number | undefined, number | undefined];
}

export interface Case {
  readonly text: string;
  readonly means: (frame: Decoded) => boolean;
  /** Whether tcpdump says the same about untagged frames without IPv6 extension headers. */
  readonly inTcpdump: boolean;
}

const hex = (bytes: Buffer): string => bytes.toString("hex");
const binary = (bytes: Buffer): string =>
  [...bytes].map((octet) => octet.toString(2).padStart(8, "0")).join("");
const number = (bytes: Buffer): number => Number.parseInt(hex(bytes) || "-1", 16);

export function decode(frame: Buffer): Decoded {
  let rest = frame.subarray(12);
  const types = [number(rest.subarray(0, 2))];
  const vlans: number[] = [];
  while (vlans.length < 4 && [0x8100, 0x88a8, 0x9100].includes(types.at(-1)!) && rest.length >= 4) {
    vlans.push(number(rest.subarray(2, 4)) % 4096);
    rest = rest.subarray(4);
    types.push(rest.length >= 2 ? number(rest.subarray(0, 2)) : -1);
  }
  const macs = [hex(frame.subarray(6, 12)), hex(frame.subarray(0, 6))] as const;
  return { macs, types, vlans, ...decodeNetwork(types.at(-1)!, rest.subarray(2)) };
}

function decodeNetwork(type: number, rest: Buffer): Partial<Decoded> {
  const version = Math.floor((rest[0] ?? 0) / 16);
  if (type === 0x0800 && rest.length >= 20 && version === 4 && rest[0]! % 16 >= 5) return decodeIpv4(rest);
  if (type === 0x86dd && rest.length >= 40 && version === 6) return decodeIpv6(rest);
  const arp = rest.length >= 28 && hex(rest.subarray(0, 6)) === "000108000604";
  if (!arp || (type !== 0x0806 && type !== 0x8035)) return {};
  const addresses = [binary(rest.subarray(14, 18)), binary(rest.subarray(24, 28))] as const;
  return { network: type === 0x0806 ? "arp" : "rarp", addresses };
}

function decodeIpv4(rest: Buffer): Partial<Decoded> {
  const addresses = [binary(rest.subarray(12, 16)), binary(rest.subarray(16, 20))] as const;
  const isFirst = number(rest.subarray(6, 8)) % 8192 === 0;
  const ports = isFirst ? decodePorts(rest.subarray((rest[0]! % 16) * 4)) : undefined;
  return { network: "ip", addresses, protocol: rest[9]!, ...(ports && { ports }) };
}

function decodeIpv6(rest: Buffer): Partial<Decoded> {
  const network = {
    network: "ip6",
    addresses: [binary(rest.subarray(8, 24)), binary(rest.subarray(24, 40))] as const,
  };
  let [protocol, above] = [rest[6]!, rest.subarray(40)];
  for (let headers = 0; [0, 43, 44, 60].includes(protocol); headers++) {
    if (headers === 8 || above.length < 8) return network;
    const isFragment = protocol === 44;
    const offset = number(above.subarray(2, 4)) >> 3;
    const length = isFragment ? 8 : above[1]! * 8 + 8;
    protocol = above[0]!;
    if (isFragment && offset > 0) return { ...network, protocol };
    above = above.subarray(length);
  }
  return { ...network, protocol, ports: decodePorts(above) };
}

function decodePorts(above: Buffer): [number | undefined, number | undefined] {
  return [0, 2].map((at) => (above.length >= at + 2 ? number(above.subarray(at, at + 2)) : undefined)) as [
    number | undefined,
    number | undefined,
  ];
}

const HOSTS = [
  "10.0.0.1",
  "10.0.0.2",
  "10.1.2.3",
  "192.168.7.9",
  "fd00::1",
  "fd00:0:0:8::2",
  "fe80::1:2",
  "ff02::1",
];
const NETS = [
  "10.0.0.0/8",
  "10.0",
  "192.168.7.0/28",
  "0.0.0.0/0",
  "fd00::/32",
  "fd00:0:0:8::/61",
  "::/0",
  "10.0.0.2/31",
];
export const MACS = ["020000000001", "020000000002", "01005e000001", "ffffffffffff"];
export const PORTS = [0, 22, 53, 80, 443, 8080, 65535];
const PROTOCOLS = { icmp: 1, igmp: 2, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;
const WITH_PORTS: readonly number[] = [6, 17, 132];

/** The bits of "10.0.0.0/8", "10.0" or "fd00::1". */
export function bitsOf(text: string): string {
  const [host = "", length] = text.split("/");
  if (host.includes(":")) {
    const [head = [], tail = []] = host
      .split("::")
      .map((part) => part.split(":").filter((group) => group !== ""));
    const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
    const bits = groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
    return bits.slice(0, length === undefined ? 128 : Number(length));
  }
  const octets = host.split(".");
  const bits = octets.map((octet) => Number(octet).toString(2).padStart(8, "0")).join("");
  return bits.slice(0, length === undefined ? bits.length : Number(length));
}

/** Any expression, and what it means. */
export function anyFilter(choices: Choices, depth = 3): Case {
  const kind = depth === 0 ? 0 : choices.below(6);
  if (kind < 3) return anyTest(choices);
  const one = anyFilter(choices, depth - 1);
  if (kind === 3) {
    const not = choices.of(...["not ", "! ", "!"]);
    return { ...one, text: `${not}(${one.text})`, means: (frame) => !one.means(frame) };
  }
  const two = anyFilter(choices, depth - 1);
  const inTcpdump = one.inTcpdump && two.inTcpdump;
  const [left, right] = [one, two].map(({ text }) => (choices.below(2) === 0 ? `(${text})` : `( ${text} )`));
  if (kind === 4) {
    const text = `${left} ${choices.of(...["and", "&&"])} ${right}`;
    return { text, means: (frame) => one.means(frame) && two.means(frame), inTcpdump };
  }
  const text = `${left} ${choices.of(...["or", "||"])} ${right}`;
  return { text, means: (frame) => one.means(frame) || two.means(frame), inTcpdump };
}

const TESTS = [word, ether, etherType, vlan, protocol, host, net, port, proto];

function anyTest(choices: Choices): Case {
  return choices.of(...TESTS)(choices);
}

function word(choices: Choices): Case {
  const types = { ip: 0x0800, ip6: 0x86dd, arp: 0x0806, rarp: 0x8035 } as const;
  const text = choices.of(
    ...(["ip", "ip6", "arp", "rarp", "broadcast", "multicast", "ether broadcast"] as const),
  );
  if (text in types) {
    const type = types[text as keyof typeof types];
    return { text, means: (frame) => frame.types.includes(type), inTcpdump: true };
  }
  if (text === "multicast")
    return { text, means: (frame) => Number.parseInt(frame.macs[1][1]!, 16) % 2 === 1, inTcpdump: true };
  return { text, means: (frame) => frame.macs[1] === "ffffffffffff", inTcpdump: true };
}

type Sides = readonly [boolean, boolean];

/** A direction, and how it joins what is true of source and destination. */
function direction(choices: Choices): readonly [string, (sides: Sides) => boolean] {
  return choices.of(
    ...([
      ["", ([source, destination]: Sides) => source || destination],
      ["src ", ([source]: Sides) => source],
      ["dst ", ([, destination]: Sides) => destination],
      ["src or dst ", ([source, destination]: Sides) => source || destination],
      ["src and dst ", ([source, destination]: Sides) => source && destination],
    ] as const),
  );
}

function ether(choices: Choices): Case {
  const [words, join] = direction(choices);
  const mac = choices.of(...MACS);
  const written = mac.match(/../g)!.join(":");
  const means = (frame: Decoded): boolean => join([frame.macs[0] === mac, frame.macs[1] === mac]);
  const keyword = choices.of(...["ether", "mac"]);
  return { text: `${keyword} ${words}host ${written}`, means, inTcpdump: keyword === "ether" };
}

function etherType(choices: Choices): Case {
  const type = choices.of(...[0x0800, 0x0806, 0x86dd, 0x88cc, 0x8100, 0x88a8, 0x1234]);
  const text = `${choices.of(...["ethertype", "ether proto"])} ${choices.of(...[`0x${type.toString(16)}`, String(type)])}`;
  return { text, means: (frame) => frame.types.includes(type), inTcpdump: text.startsWith("ether ") };
}

function vlan(choices: Choices): Case {
  const id = choices.of(...[0, 1, 10, 20, 4095]);
  if (choices.below(3) === 0)
    return { text: "vlan", means: (frame) => frame.vlans.length > 0, inTcpdump: false };
  return { text: `vlan ${id}`, means: (frame) => frame.vlans.includes(id), inTcpdump: false };
}

function protocol(choices: Choices): Case {
  const name = choices.of(...(Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[]));
  const network = { icmp: "ip", igmp: "ip", icmp6: "ip6", tcp: "", udp: "", sctp: "" }[name];
  return {
    text: name,
    means: (frame) => frame.protocol === PROTOCOLS[name] && (network === "" || frame.network === network),
    inTcpdump: true,
  };
}

function proto(choices: Choices): Case {
  const network = choices.of(...["ip", "ip6", ""]);
  const wanted = choices.of(...[1, 2, 6, 17, 58, 132, 253]);
  return {
    text: `${network === "" ? "" : `${network} `}proto ${wanted}`,
    means: (frame) => frame.protocol === wanted && (network === "" || frame.network === network),
    inTcpdump: true,
  };
}

function host(choices: Choices): Case {
  return addressed(choices, "host", choices.of(...HOSTS));
}

function net(choices: Choices): Case {
  return addressed(choices, "net", choices.of(...NETS));
}

function addressed(choices: Choices, kind: string, address: string): Case {
  const isIpv6 = address.includes(":");
  const network = choices.of(...(isIpv6 ? ["", "ip6"] : ["", "ip", "arp"]));
  const [words, join] = direction(choices);
  const bits = bitsOf(address);
  const families = network !== "" ? [network] : isIpv6 ? ["ip6"] : ["ip", "arp", "rarp"];
  const means = ({ network: actual, addresses }: Decoded): boolean => {
    if (actual === undefined || !families.includes(actual) || addresses === undefined) return false;
    return join([addresses[0].startsWith(bits), addresses[1].startsWith(bits)]);
  };
  const text = `${network === "" ? "" : `${network} `}${words}${kind} ${address}`;
  return { text, means, inTcpdump: true };
}

function port(choices: Choices): Case {
  const name = choices.of(...(["", "tcp", "udp", "sctp"] as const));
  const protocols = name === "" ? WITH_PORTS : [PROTOCOLS[name]];
  const [words, join] = direction(choices);
  const [low, high] = [choices.of(...PORTS), choices.of(...PORTS)].sort((a, b) => a - b) as [number, number];
  const isRange = choices.below(2) === 0;
  const fits = (value: number | undefined): boolean =>
    value !== undefined && (isRange ? value >= low && value <= high : value === low);
  const means = ({ protocol: actual, ports }: Decoded): boolean =>
    actual !== undefined &&
    protocols.includes(actual) &&
    ports !== undefined &&
    join([fits(ports[0]), fits(ports[1])]);
  const value = isRange ? `portrange ${low}-${high}` : `port ${low}`;
  return { text: `${name === "" ? "" : `${name} `}${words}${value}`, means, inTcpdump: true };
}

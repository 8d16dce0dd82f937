/** Values of a filter with the keywords before them: `src host 10.0.0.1`, `tcp dst port 80`, `net fd00::/8`. */
import type { TapswitchError } from "../errors.js";
import { PORTS, PROTOCOLS } from "./filter-names.js";
import { Ask, type Expression, Family } from "./filter-tests.js";
import { type Range, readHost, readMac, readMasked, readNet, readNumber } from "./filter-values.js";

export type Direction = "src" | "dst" | "either" | "both";
export type Kind = "host" | "net" | "port" | "portrange" | "proto";

/** The keywords before a value; `protocol` may be "". */
export interface Qualifiers {
  readonly protocol: string;
  readonly direction: Direction;
  readonly kind: Kind;
}

/** Where the words come from. */
export interface ValueParser {
  /** Keywords of the last value. */
  readonly last: Qualifiers | null;
  peek(ahead?: number): string;
  next(): string;
  take(...words: readonly string[]): string | undefined;
  expected(what: string): TapswitchError;
  values(qualifiers: Qualifiers): Expression;
}

const MAX_PORT = 65_535;
const BOTH = Family.ipv4 | Family.ipv6;
/** Protocols with ports; 0 stands for any of them. */
const WITH_PORTS: ReadonlyMap<string, number> = new Map([
  ["", 0],
  ["tcp", 6],
  ["udp", 17],
  ["sctp", 132],
]);
/** Whose addresses are IPv4 ones. */
const IPV4_FAMILIES: ReadonlyMap<string, number> = new Map([
  ["", Family.ipv4 | Family.arp | Family.rarp],
  ["ip", Family.ipv4],
  ["arp", Family.arp],
  ["rarp", Family.rarp],
]);
const IP_FAMILIES: ReadonlyMap<string, number> = new Map([
  ["", BOTH],
  ["ip", Family.ipv4],
  ["ip6", Family.ipv6],
]);

/** Reads the value at hand. Throws `usage`. */
export function readValue(parser: ValueParser, qualifiers: Qualifiers): Expression {
  switch (qualifiers.kind) {
    case "host":
      return host(parser, qualifiers);
    case "net":
      return net(parser, qualifiers);
    case "proto":
      return proto(parser, qualifiers);
    default:
      return port(parser, qualifiers);
  }
}

function host(parser: ValueParser, { protocol, direction }: Qualifiers): Expression {
  const mac = protocol === "" || protocol === "ether" ? readMac(parser.peek()) : undefined;
  if (mac !== undefined) {
    parser.next();
    return directed(direction, Ask.macSource, Ask.macDestination, [mac.high, mac.low]);
  }
  if (protocol === "ether") throw parser.expected("a MAC address, such as 02:00:5e:10:00:01");
  const range = readHost(parser.peek());
  if (range === undefined) throw parser.expected("an address, such as 10.0.0.1 or fd00::1");
  return addresses(parser, { protocol, direction, kind: "host" }, range);
}

function net(parser: ValueParser, qualifiers: Qualifiers): Expression {
  const masked = parser.peek(1) === "mask";
  const range = masked ? readMasked(parser.peek(), parser.peek(2)) : readNet(parser.peek());
  if (range === undefined)
    throw parser.expected("a net with no bits set behind its prefix, such as 10.0.0.0/8 or fd00::/64");
  if (masked) {
    parser.next();
    parser.next();
  }
  return addresses(parser, qualifiers, range);
}

function addresses(
  parser: ValueParser,
  { protocol, direction }: Qualifiers,
  { address, mask }: Range,
): Expression {
  const isIpv4 = address.length === 1;
  const families = isIpv4 ? IPV4_FAMILIES.get(protocol) : protocol === "" || protocol === "ip6";
  if (families === undefined || families === false)
    throw parser.expected(`an address that '${protocol}' has, or no '${protocol}' before this one`);
  parser.next();
  const range = [...address, ...mask];
  if (typeof families === "number")
    return directed(direction, Ask.source4, Ask.destination4, [families, ...range]);
  return directed(direction, Ask.source6, Ask.destination6, range);
}

function proto(parser: ValueParser, { protocol }: Qualifiers): Expression {
  const families = IP_FAMILIES.get(protocol);
  if (families === undefined) throw parser.expected(`no 'proto' behind '${protocol}'`);
  const number = readNumber(parser.peek(), 255, PROTOCOLS);
  if (number === undefined) throw parser.expected("a protocol from 0 to 255, or a name such as tcp");
  parser.next();
  return { kind: "test", test: { ask: Ask.protocol, args: [families, number] } };
}

function port(parser: ValueParser, { protocol, direction, kind }: Qualifiers): Expression {
  const number = WITH_PORTS.get(protocol);
  if (number === undefined) throw parser.expected(`'tcp', 'udp' or nothing before '${kind}'`);
  const [first, last = first, ...rest] = kind === "port" ? [parser.peek()] : parser.peek().split("-");
  const [low, high] = [first, last].map((text) => readNumber(text ?? "", MAX_PORT, PORTS));
  if (low === undefined || high === undefined || low > high || rest.length > 0)
    throw parser.expected(
      kind === "port" ? "a port from 0 to 65535, or a name such as ssh" : "ports, such as 80-90",
    );
  parser.next();
  return directed(direction, Ask.sourcePort, Ask.destinationPort, [BOTH, number, low, high]);
}

function directed(direction: Direction, source: number, destination: number, args: number[]): Expression {
  const left: Expression = { kind: "test", test: { ask: source, args } };
  const right: Expression = { kind: "test", test: { ask: destination, args } };
  if (direction === "src") return left;
  if (direction === "dst") return right;
  return { kind: direction === "both" ? "and" : "or", left, right };
}

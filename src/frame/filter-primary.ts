/** The smallest whole parts of a filter: a protocol, a word of its own, or keywords and a value. */
import { ETHERTYPES, PORTS, PROTOCOLS } from "./filter-names.js";
import type { Direction, Kind, Qualifiers, ValueParser } from "./filter-qualified.js";
import { Ask, type Expression, Family } from "./filter-tests.js";
import { readHost, readMac, readNumber } from "./filter-values.js";
import { FIRST_ETHERTYPE } from "./ip-source.js";

const MAX_ETHERTYPE = 0xffff;
const MAX_VLAN_ID = 4_095;
const KINDS: readonly Kind[] = ["host", "net", "port", "portrange", "proto"];
const BOTH = Family.ipv4 | Family.ipv6;
/** Protocols that one version of IP has only. */
const FAMILIES: ReadonlyMap<string, number> = new Map([
  ["icmp", Family.ipv4],
  ["igmp", Family.ipv4],
  ["icmp6", Family.ipv6],
]);
/** What an address without keywords is for. */
const ADDRESS: Qualifiers = { protocol: "", direction: "either", kind: "host" };
const ANYTHING = "a test, such as 'arp', 'host 10.0.0.1', 'tcp port 80' or 'vlan 10'";

export function test(ask: number, ...args: number[]): Expression {
  return { kind: "test", test: { ask, args } };
}

/** Reads one test. Throws `usage`. */
export function primaryTest(parser: ValueParser): Expression {
  const word = parser.peek();
  if (word === "vlan") return vlan(parser);
  if (word === "ethertype") return etherType(parser);
  if (word === "broadcast") return single(parser, Ask.broadcast);
  if (word === "multicast") return single(parser, Ask.group);
  if (word === "ether" || word === "mac") return ether(parser);
  if (word === "ip" || word === "ip6" || word === "arp" || word === "rarp") return network(parser);
  if (PROTOCOLS.has(word)) return protocol(parser);
  if (startsKeywords(word)) return qualified(parser, "");
  return bare(parser);
}

function single(parser: ValueParser, ask: number): Expression {
  parser.next();
  return test(ask);
}

function vlan(parser: ValueParser): Expression {
  parser.next();
  if (!/^\d/.test(parser.peek())) return test(Ask.tagged);
  const id = readNumber(parser.peek(), MAX_VLAN_ID);
  if (id === undefined) throw parser.expected(`a VLAN ID from 0 to ${MAX_VLAN_ID}`);
  parser.next();
  return test(Ask.vlan, id);
}

function etherType(parser: ValueParser): Expression {
  parser.next();
  const type = readNumber(parser.peek(), MAX_ETHERTYPE, ETHERTYPES);
  if (type === undefined || type < FIRST_ETHERTYPE)
    throw parser.expected("an EtherType, such as 0x0806 or arp");
  parser.next();
  return test(Ask.etherType, type);
}

function ether(parser: ValueParser): Expression {
  parser.next();
  if (parser.take("broadcast") !== undefined) return test(Ask.broadcast);
  if (parser.take("multicast") !== undefined) return test(Ask.group);
  if (parser.peek() === "proto") return etherType(parser);
  if (readMac(parser.peek()) === undefined && !["src", "dst", "host"].includes(parser.peek()))
    throw parser.expected("'src', 'dst', 'host', 'proto', 'broadcast' or 'multicast'");
  return qualified(parser, "ether");
}

function network(parser: ValueParser): Expression {
  const word = parser.next() as "ip" | "ip6" | "arp" | "rarp";
  if (startsKeywords(parser.peek())) return qualified(parser, word);
  if (word === "ip" && parser.take("multicast") !== undefined)
    return test(Ask.destination4, Family.ipv4, 0xe0 << 24, 0xf0 << 24);
  if (word === "ip6" && parser.take("multicast") !== undefined)
    return test(Ask.destination6, 0xff << 24, 0, 0, 0, 0xff << 24, 0, 0, 0);
  return test(Ask.etherType, ETHERTYPES.get(word)!);
}

function protocol(parser: ValueParser): Expression {
  const word = parser.next();
  if (startsKeywords(parser.peek())) return qualified(parser, word);
  return test(Ask.protocol, FAMILIES.get(word) ?? BOTH, PROTOCOLS.get(word)!);
}

function startsKeywords(word: string): boolean {
  return word === "src" || word === "dst" || (KINDS as readonly string[]).includes(word);
}

function qualified(parser: ValueParser, protocol: string): Expression {
  const qualifiers: Qualifiers = { protocol, direction: direction(parser), kind: kind(parser) };
  return parser.values(qualifiers);
}

/** "src", "src or dst", "src and dst"; without any, either will do. */
function direction(parser: ValueParser): Direction {
  const first = parser.take("src", "dst") as "src" | "dst" | undefined;
  if (first === undefined) return "either";
  const isJoint = parser.peek(1) === (first === "src" ? "dst" : "src");
  const joint = isJoint ? parser.take("and", "or") : undefined;
  if (joint === undefined) return first;
  parser.next();
  return joint === "and" ? "both" : "either";
}

function kind(parser: ValueParser): Kind {
  return (parser.take(...KINDS) as Kind | undefined) ?? "host";
}

/** A value alone: for the keywords before it, or an address. */
function bare(parser: ValueParser): Expression {
  const word = parser.peek();
  const keywords = parser.last ?? ADDRESS;
  const isPort = keywords.kind === "port" && PORTS.has(word);
  if (!isPort && !/^\d|:/.test(word)) throw parser.expected(ANYTHING);
  if (parser.last === null && readHost(word) === undefined && readMac(word) === undefined)
    throw parser.expected(ANYTHING);
  return parser.values(keywords);
}

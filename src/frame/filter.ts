/**
 * The one expression language about frames: `capture` asks it which frames to show. It is spelt as tcpdump spells it,
 * with two differences: VLAN tags are looked through (`ip` finds tagged packets too, `vlan 10` any of the tags), and so
 * are all IPv6 extension headers. What a frame is too short to show is a "no" to that one test.
 *
 * An expression is compiled once into a table of tests, each with the place to go on at for yes and for no, so that a
 * frame costs a loop with no calls to what it cannot know, and nothing is allocated.
 */

import { ARP_SENDER_IP, ARP_TARGET_IP } from "./arp.js";
import { DESTINATION, SOURCE } from "./ethernet.js";
import { compileExpression, type FilterCode, YES } from "./filter-code.js";
import { parseFilter } from "./filter-syntax.js";
import { Ask } from "./filter-tests.js";
import type { FrameCursor } from "./frame-cursor.js";
import { FrameLayout, Network } from "./frame-layout.js";
import { IPV6_SOURCE } from "./ip-source.js";
import { GROUP_BIT } from "./mac.js";
import { MIN_FRAME } from "./record.js";
import { IPV4_SOURCE, read16, read32 } from "./segment-fields.js";

const DESTINATION_PORT = 2;

export class Filter {
  /** As it was written. */
  readonly text: string;
  readonly #code: FilterCode;
  readonly #layout = new FrameLayout();

  /** Compiles an expression. Throws `usage`, naming the column and what could stand there. */
  constructor(text: string) {
    this.text = text;
    this.#code = compileExpression(parseFilter(text));
  }

  /** True if the cursor's frame is meant; of one still to be segmented, as it stands. */
  matchesFrame(frame: FrameCursor): boolean {
    return this.matches(frame.bytes, frame.frameStart, frame.recordEnd);
  }

  /** True if the frame in bytes[start, end) is meant; what is shorter than an Ethernet header never is. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < MIN_FRAME) return false;
    const { words, depth } = this.#code;
    this.#layout.read(bytes, start, end, depth);
    let at = this.#code.entry;
    while (at >= 0) at = words[at + (this.#ask(words, at) ? 1 : 2)]!;
    return at === YES;
  }

  #ask(words: Int32Array, at: number): boolean {
    const layout = this.#layout;
    const { bytes, start } = layout;
    const first = words[at + 3]!;
    switch (words[at]) {
      case Ask.macSource:
        return isMac(bytes, start + SOURCE, first, words[at + 4]!);
      case Ask.macDestination:
        return isMac(bytes, start + DESTINATION, first, words[at + 4]!);
      case Ask.group:
        return (read16(bytes, start) & GROUP_BIT) !== 0;
      case Ask.broadcast:
        return isMac(bytes, start, 0xffff, -1);
      case Ask.etherType:
        return layout.hasType(first);
      case Ask.tagged:
        return layout.tags > 0;
      case Ask.vlan:
        return layout.hasVlan(first);
      default:
        return this.#askAbove(words, at);
    }
  }

  /** Tests of the network header and what is in it; all of them begin with whose they are. */
  #askAbove(words: Int32Array, at: number): boolean {
    const { network, networkAt, protocol } = this.#layout;
    switch (words[at]) {
      case Ask.source4:
        return (network & words[at + 3]!) !== 0 && this.#inRange4(words, at, IPV4_SOURCE, ARP_SENDER_IP);
      case Ask.destination4:
        return (network & words[at + 3]!) !== 0 && this.#inRange4(words, at, IPV4_SOURCE + 4, ARP_TARGET_IP);
      case Ask.source6:
        return network === Network.ipv6 && this.#inRange6(words, at, networkAt + IPV6_SOURCE);
      case Ask.destination6:
        return network === Network.ipv6 && this.#inRange6(words, at, networkAt + IPV6_SOURCE + 16);
      case Ask.protocol:
        return (network & words[at + 3]!) !== 0 && protocol === words[at + 4];
      case Ask.sourcePort:
        return this.#hasPort(words, at, 0);
      default:
        return this.#hasPort(words, at, DESTINATION_PORT);
    }
  }

  #inRange4(words: Int32Array, at: number, inIp: number, inArp: number): boolean {
    const { bytes, network, networkAt } = this.#layout;
    const address = read32(bytes, networkAt + (network === Network.ipv4 ? inIp : inArp));
    return ((address ^ words[at + 4]!) & words[at + 5]!) === 0;
  }

  #inRange6(words: Int32Array, at: number, address: number): boolean {
    const { bytes } = this.#layout;
    for (let word = 0; word < 4; word++) {
      const differs = read32(bytes, address + 4 * word) ^ words[at + 3 + word]!;
      if ((differs & words[at + 7 + word]!) !== 0) return false;
    }
    return true;
  }

  #hasPort(words: Int32Array, at: number, offset: number): boolean {
    const layout = this.#layout;
    if ((layout.network & words[at + 3]!) === 0) return false;
    const wanted = words[at + 4]!;
    if (wanted === 0 ? !hasPorts(layout.protocol) : layout.protocol !== wanted) return false;
    const port = layout.transport16(offset);
    return port >= words[at + 5]! && port <= words[at + 6]!;
  }
}

function isMac(bytes: Uint8Array, at: number, high: number, low: number): boolean {
  return read16(bytes, at) === high && (read32(bytes, at + 2) | 0) === low;
}

/** TCP, UDP and SCTP have theirs in the same place. */
function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 132;
}

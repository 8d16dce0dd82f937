/** Where a frame to a group wants to go, as far as RFC 4541 tells kinds apart. Read once per frame, allocating nothing. */
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { Depth, FrameLayout, Network } from "../../frame/frame-layout.js";
import { isHostIgmp, isIpv4RouterSign, PROTOCOL_IGMP, PROTOCOL_PIM } from "../../frame/igmp.js";
import { IpGroup, isAlwaysFlooded } from "../../frame/ip-group.js";
import { PROTOCOL_ICMPV6 } from "../../frame/ip-source.js";
import { isHostMld, isIpv6RouterSign } from "../../frame/mld.js";
import { HOP_BY_HOP, IPV4_PROTOCOL, IPV4_SOURCE, IPV6_NEXT_HEADER } from "../../frame/segment-fields.js";

const IPV4_MAC_HIGH = 0x0100;
const IPV4_MAC_LOW = 0x5e;
const IPV6_MAC_HIGH = 0x3333;
const IPV6_DESTINATION = 24;

export class Destination {
  readonly group = new IpGroup();
  /** It goes to every port, whoever listens. */
  isForAll = false;
  /** Where it comes from there is a router of multicast. */
  isRouterSign = false;
  /** A host says what it listens to: for routers only. */
  isHostTalk = false;
  readonly #layout = new FrameLayout();

  /** Reads where the frame goes. False where that is no IP group, or not by the MAC of the group. */
  read(frame: FrameCursor): boolean {
    if (!isIpGroupMac(frame)) return false;
    const layout = this.#layout;
    layout.read(frame.bytes, frame.frameStart, frame.recordEnd, Depth.network);
    if (layout.network === Network.ipv4) this.#readIpv4(layout);
    else if (layout.network === Network.ipv6) this.#readIpv6(layout);
    else return false;
    return this.group.isMulticast && isItsMac(frame, this.group);
  }

  #readIpv4(layout: FrameLayout): void {
    const { bytes, networkAt } = layout;
    this.group.readIpv4(bytes, networkAt + IPV4_SOURCE + 4);
    const protocol = bytes[networkAt + IPV4_PROTOCOL];
    const isControl = protocol === PROTOCOL_IGMP || protocol === PROTOCOL_PIM;
    this.#readControl(layout, isControl, isHostIgmp, isIpv4RouterSign);
    // What is unknown of IGMP, and queries, are for all [RFC 4541 2.1.1 (5)].
    if (protocol === PROTOCOL_IGMP) this.isForAll = !this.isHostTalk;
  }

  #readIpv6(layout: FrameLayout): void {
    const { bytes, networkAt } = layout;
    this.group.readIpv6(bytes, networkAt + IPV6_DESTINATION);
    const next = bytes[networkAt + IPV6_NEXT_HEADER];
    const isControl = next === HOP_BY_HOP || next === PROTOCOL_ICMPV6 || next === PROTOCOL_PIM;
    this.#readControl(layout, isControl, isHostMld, isIpv6RouterSign);
  }

  #readControl(
    layout: FrameLayout,
    isControl: boolean,
    isTalk: (layout: FrameLayout) => boolean,
    isSign: (layout: FrameLayout) => boolean,
  ): void {
    if (isControl) layout.read(layout.bytes, layout.start, layout.end, Depth.transport);
    this.isHostTalk = isControl && isTalk(layout);
    this.isRouterSign = isControl && isSign(layout);
    this.isForAll = !this.isHostTalk && isAlwaysFlooded(this.group);
  }
}

function isIpGroupMac({ destinationHigh: high, destinationLow: low }: FrameCursor): boolean {
  return high === IPV6_MAC_HIGH || (high === IPV4_MAC_HIGH && low >>> 24 === IPV4_MAC_LOW);
}

function isItsMac({ destinationHigh, destinationLow }: FrameCursor, { isIpv6, w3 }: IpGroup): boolean {
  if (isIpv6) return destinationHigh === IPV6_MAC_HIGH && destinationLow === w3;
  return destinationHigh === IPV4_MAC_HIGH && ((destinationLow ^ w3) & 0x7f_ffff) === 0;
}

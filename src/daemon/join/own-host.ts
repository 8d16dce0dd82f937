/** What a join says of itself: to its server, to those who test against it, and to hooks. */
import type { JoinConfig } from "../../config/join-config.js";
import { parseMac } from "../../frame/mac.js";
import { ALL_OFFLOADS, offloadNames } from "../../frame/offload.js";
import type { TapDevice } from "../../link/tap-device.js";
import { native } from "../../native/native.js";
import type { Hello, Welcome } from "../../session/messages.js";
import { defaultMac } from "../device/default-mac.js";
import { type ProbedHost, probedNames } from "../probe/probe-desk.js";

export interface OwnHost {
  /** Of the device, or one that is used for tests alone where there is none. */
  readonly mac: string;
  /** Null where this join has no device. */
  readonly tap: TapDevice | null;
}

/** The device's, or a stable one that stands for it. */
export function ownHost(tap: TapDevice | null, network: string, name: string): OwnHost {
  return { mac: tap?.mac ?? defaultMac("", network, name), tap };
}

export interface Greeting {
  readonly config: JoinConfig;
  readonly instance: string;
  readonly name: string;
  /** Of an invite; undefined once it has been welcomed. */
  readonly code: string | undefined;
}

/** What a server is told first. */
export function greeting(
  { config, instance, name, code }: Greeting,
  { mac }: OwnHost,
): Omit<Hello, "type" | "version"> {
  const { server, mtu, offload } = config;
  return {
    instance,
    ...(server.network === undefined ? {} : { network: server.network }),
    name,
    ...(code === undefined ? {} : { code }),
    // Whatever a port cannot take, this switch finishes.
    capabilities: { offload: offload ? offloadNames(ALL_OFFLOADS) : [] },
    ...(mtu === undefined ? {} : { mtu }),
    mac,
  };
}

/** What those who test against it find: without a device, what the server says. */
export function probedHost(
  { mac: text, tap }: OwnHost,
  { name, mtu }: Welcome,
  bridge: string | undefined,
): ProbedHost {
  const mac = parseMac(text);
  const devices = tap === null ? [] : [tap.name, ...[bridge ?? []].flat()];
  const addresses = devices.flatMap((device) => native().getAddresses(device));
  return { mac, mtu: tap?.mtu ?? mtu, names: probedNames(name, mac, addresses) };
}

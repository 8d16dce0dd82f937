/** A network that snoops multicast, for scenarios: a switch, three hosts, and one that may be a router. */
import { parseMac } from "../../src/frame/mac.js";
import type { MulticastPortRules } from "../../src/switch/multicast/port-rules.js";
import { type MulticastOptions, MulticastSnooping } from "../../src/switch/multicast/snooping.js";
import { ethernet } from "./frames.js";
import { ipv4, stream } from "./group-talk.js";
import { type Host, Lab } from "./topology.js";

export const MAC = "02:00:00:00:99:99";
export const FILM = "239.1.2.3";
export const SONG = "ff05::1:3";
/** The group of a query that asks for all, of IPv4. */
export const EVERY = "0.0.0.0";
/** Until hosts have had the time to answer the first query. */
export const ANSWERED_MS = 12_000;

/** A switch that snoops, with a router that asks or the switch's own querier, and three hosts. */
export function cinema(
  options: Partial<MulticastOptions> = {},
  rules: Record<string, MulticastPortRules> = {},
) {
  const lab = new Lab();
  const lan = lab.switch();
  const snooping = new MulticastSnooping({ mac: parseMac(MAC), ...options });
  lan.use(snooping);
  lan.groups = snooping;
  const host = (name: string): Host => lab.host(name, lan, { multicast: rules[name] ?? {} });
  const [anna, ben, carl, router] = [host("anna"), host("ben"), host("carl"), host("router")];
  return { lab, lan, snooping, anna, ben, carl, router };
}

/** As `cinema`, when all hosts have been asked and could have answered. */
export function openCinema(
  options: Partial<MulticastOptions> = {},
  rules: Record<string, MulticastPortRules> = {},
) {
  const all = cinema(options, rules);
  all.anna.sends(stream({ from: all.anna }, FILM, "x"), stream({ from: all.anna }, SONG, "x"));
  wait(all.lab, ANSWERED_MS);
  return all;
}

/** Lets time pass, and what was sent meanwhile arrive. */
export function wait(lab: Lab, ms: number): void {
  lab.advance(ms);
  lab.settle();
}

export function film(from: Host): Buffer {
  return stream({ from }, FILM, "film");
}

/** How many queries wait in the host's inbox; about this group, or about all. */
export function queries(host: Host, group?: string): number {
  const address = group === undefined ? "00000000" : ipv4(group).toString("hex");
  return host.inbox.filter((one) => {
    if (one.readUInt16BE(12) === 0x0800)
      return one[14 + 24] === 0x11 && one.toString("hex", 42, 46) === address;
    return one.readUInt16BE(12) === 0x86dd && one[14 + 48] === 130 && group === undefined;
  }).length;
}

export function others(lab: Lab, ...not: Host[]): Host[] {
  return lab.everyHost.filter((host) => !not.includes(host));
}

/** PIM hello, version 2 [RFC 7761 4.9.2]. */
export function pimHello(from: Host): Buffer {
  const header = Buffer.from("45c0001c000000000167000" + "00a0000fee000000d", "hex");
  const hello = Buffer.from("2000dfff00000000", "hex");
  return Buffer.concat([
    ethernet({ to: "01:00:5e:00:00:0d", from }, 0x0800, header, hello),
    Buffer.alloc(18),
  ]);
}

/** The advertisement of RFC 4286, section 3, with its checksum. */
export function routerAdvertisement(from: Host): Buffer {
  const header = Buffer.from("45c0001c000000000102000" + "00a0000fee000006a", "hex");
  const message = Buffer.from("3014cfeb00000000", "hex");
  return Buffer.concat([
    ethernet({ to: "01:00:5e:00:00:6a", from }, 0x0800, header, message),
    Buffer.alloc(18),
  ]);
}

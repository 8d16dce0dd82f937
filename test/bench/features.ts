/**
 * What each protection costs a frame of ordinary traffic, TCP over IPv4 between hosts that are known, beside the switch
 * with none. What protections do to control traffic and storms is not the subject: that is rare, or refused.
 */
import { VlanSet } from "../../src/frame/vlan-set.js";
import { AddressPolicy } from "../../src/switch/address-policy.js";
import { NetworkGuard } from "../../src/switch/guard/network-guard.js";
import { PortSecurity } from "../../src/switch/guard/port-security.js";
import { Horizon } from "../../src/switch/horizon.js";
import { LoopGuard } from "../../src/switch/loop/loop-guard.js";
import { MulticastSnooping } from "../../src/switch/multicast/snooping.js";
import { TIMING } from "../../src/switch/multicast/timing.js";
import { RatePolicy } from "../../src/switch/rate-policy.js";
import { StormControl } from "../../src/switch/storm/storm-control.js";
import { DEFAULT_STORM_LIMITS } from "../../src/switch/storm/storm-limits.js";
import { StormMeter } from "../../src/switch/storm/storm-meter.js";
import type { Switch } from "../../src/switch/switch.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { type Load, SwitchLoad } from "./switch-load.js";

interface Feature extends Partial<Pick<Load, "vlan" | "content" | "rules">> {
  readonly title: string;
  /** Switches on what is no rule of a port. */
  readonly start?: (lan: Switch) => void;
}

/** EtherType, IPv4 and TCP header, of a packet to port 443. */
const TCP = Buffer.from(
  "08004500002a0000400040060000" + "0a0000010a000002" + "9c4001bb000000010000000150100200",
  "hex",
);
const TAGGED_TCP = Buffer.concat([Buffer.from("81000005", "hex"), TCP]);
const HOSTS = { hosts: 256, ports: 16, frameBytes: 64 };

const security = new PortSecurity();
const secure = () => security.policyFor({ limit: 64, sticky: false, action: "drop" });
const storm = () => new StormMeter(DEFAULT_STORM_LIMITS);

/** A new protection is a line here. */
const FEATURES: readonly Feature[] = [
  { title: "nothing: the core" },
  { title: "access VLAN", vlan: 5, rules: () => ({ vlans: { access: 5 } }) },
  {
    ...{ title: "trunks", vlan: 5, content: TAGGED_TCP },
    rules: () => ({ vlans: { trunk: VlanSet.parse("1-100") } }),
  },
  {
    title: "uplinks kept apart",
    start: (lan) => void lan.attach(null, { name: "up", horizons: Horizon.uplink }),
  },
  { title: "rate of a port", rules: () => ({ policies: [new RatePolicy(1e12)] }) },
  {
    title: "IP addresses of a member",
    rules: () => ({ policies: [new AddressPolicy({ ips: [anyIpv4()] })] }),
  },
  {
    title: "MAC limit of a port",
    start: (lan) => void lan.use(security),
    rules: () => ({ policies: [secure()] }),
  },
  {
    title: "storm control",
    start: (lan) => void lan.use(new StormControl()),
    rules: () => ({ storm: storm() }),
  },
  { title: "loop probes", start: (lan) => void lan.use(new LoopGuard()) },
  { title: "multicast snooping", start: snoop },
  { title: "DHCP, RA and address guard", start: guard },
  {
    ...{ title: "the usual: VLAN, storm, security", vlan: 5 },
    start: (lan) => {
      lan.use(new StormControl());
      lan.use(security);
      lan.use(new LoopGuard());
    },
    rules: () => ({ vlans: { access: 5 }, storm: storm(), policies: [secure()] }),
  },
];

/** Prints nanoseconds a frame, what that adds to the core, and what is left of the core's frames/s. */
export async function run(options: BenchOptions): Promise<void> {
  const chosen = FEATURES.filter(({ title }, index) => index === 0 || matches(options.only, title));
  const results = measure(chosen, options);
  const rows = results.map((nanoseconds, index) => {
    const [added, left] = [nanoseconds - results[0]!, results[0]! / nanoseconds];
    return [
      chosen[index]!.title,
      `${number(nanoseconds)} ns/frame`,
      index === 0 ? "" : `${added < 0 ? "-" : "+"}${number(Math.abs(added))} ns`,
      `${(left * 100).toFixed(0)} %`,
    ];
  });
  console.log("TCP frames of 64 bytes; 256 hosts on 16 ports, source and destination random.");
  printTable(rows);
}

/** Medians in nanoseconds per frame; the features take turns, so that all see the same machine. */
function measure(features: readonly Feature[], options: BenchOptions): number[] {
  const ms = options.quick ? 100 : 300;
  const built = features.map(({ title: _, start, ...load }) => {
    const made = new SwitchLoad({ ...HOSTS, content: TCP, ...load });
    start?.(made.switch);
    made.run(ms);
    return made;
  });
  const results: number[][] = built.map(() => []);
  for (let round = 0; round < options.rounds; round++)
    built.forEach((load, index) => void results[index]!.push(load.run(ms)));
  for (const [index, load] of built.entries()) check(load, features[index]!);
  return results.map(median);
}

/** A protection that refuses the traffic would look cheap. */
function check(load: SwitchLoad, { title }: Feature): void {
  const { framesIn, framesOut } = load.switch.totals();
  if (framesOut < framesIn * 0.99)
    throw new Error(`${title}: only ${framesOut} of ${framesIn} frames came through`);
}

function anyIpv4() {
  return { address: Uint8Array.of(10, 0, 0, 0), prefixLength: 8 };
}

function snoop(lan: Switch): void {
  const mac = { high: 0x0200, low: 1 };
  const snooping = new MulticastSnooping({ mac, querier: true, unregistered: "routers", timing: TIMING });
  lan.groups = snooping;
  lan.use(snooping);
}

function guard(lan: Switch): void {
  const standing = () => ({ trusted: false, bound: false });
  lan.use(new NetworkGuard({ dhcp: true, ra: true, addresses: "first", standing }));
}

function matches(only: readonly string[], text: string): boolean {
  return only.length === 0 || only.some((part) => text.includes(part));
}

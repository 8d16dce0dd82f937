/** What the switch enforces at a port: of the grant, and of the settings that its URL gave it. The one place. */
import { randomInt } from "node:crypto";
import type { PortOptions } from "../../config/port-options.js";
import { parseMac } from "../../frame/mac.js";
import { VlanSet } from "../../frame/vlan-set.js";
import { ImpairedLink } from "../../link/impaired.js";
import { parseCidr } from "../../session/cidr.js";
import type { Grant } from "../../session/grant.js";
import { AddressPolicy } from "../../switch/address-policy.js";
import { AccessList } from "../../switch/guard/access-list.js";
import type { SecureMacs } from "../../switch/guard/port-security.js";
import { Horizon } from "../../switch/horizon.js";
import type { MulticastPortRules } from "../../switch/multicast/port-rules.js";
import type { Policy } from "../../switch/policy.js";
import type { PortRules } from "../../switch/port.js";
import type { VlanRule } from "../../switch/port-vlans.js";
import { RatePolicy } from "../../switch/rate-policy.js";
import type { AttachOptions } from "../../switch/switch.js";
import { loopRules } from "./loop-parts.js";

const MAX_SEED = 0x7fff_ffff;

/** The grant with what it leaves open filled in by the port's settings: what its holder is granted in all. */
export function completeGrant(grant: Grant, { vlan, macLimit, rate, mac }: PortOptions): Grant {
  const open = { ...(vlan && { vlan }), ...(macLimit && { macLimit }), ...(rate && { rate }) };
  const said = Object.fromEntries(Object.entries(grant).filter(([, value]) => value !== undefined));
  const macs = grant.macs.length > 0 ? grant.macs : [...(mac ?? [])];
  return { ...open, ...(said as Grant), macs };
}

/** What the network lends to its ports. */
export interface PortSurroundings {
  /** Most addresses of a port of which nothing else is said. */
  readonly macLimit: number;
  readonly secure: (rule: SecureMacs) => Policy;
}

/** Of a grant and a port's settings, where the grant counts more. Addresses come first: a frame that is refused uses up no rate. */
export function portRules(
  grant: Grant,
  options: PortOptions,
  { macLimit: usual, secure }: PortSurroundings,
): PortRules & Pick<AttachOptions, "macLimit" | "queueBytes"> {
  const { macs, ips, rate, vlan, macLimit } = completeGrant(grant, options);
  const policies: Policy[] = [];
  if (macs.length > 0 || ips.length > 0)
    policies.push(new AddressPolicy({ macs: macs.map(parseMac), ips: ips.map(parseCidr) }));
  const { sticky = false, macAction = sticky ? "drop" : "evict", acl = [], trusted = false } = options;
  if (macAction !== "evict") policies.push(secure({ limit: macLimit ?? usual, sticky, action: macAction }));
  const accessList = acl.length === 0 ? null : new AccessList(acl);
  if (accessList !== null) policies.push(accessList);
  if (rate !== undefined) policies.push(new RatePolicy(rate));
  const vlans = vlanRule(vlan, options);
  return {
    policies,
    ...{ trusted, bound: ips.length > 0, accessList },
    ...(vlans === undefined ? {} : { vlans }),
    horizons: options.isolated === true ? Horizon.isolated : 0,
    floodsUnknown: options.floodUnknown ?? true,
    multicast: multicastRules(options),
    ...(macLimit === undefined ? {} : { macLimit }),
    ...(options.queue === undefined ? {} : { queueBytes: options.queue }),
    ...loopRules(options),
    ...badCable(options),
  };
}

/** What lies between the port and its links, where its settings want a bad cable. */
function badCable({ delay, jitter, loss, rateOut, seed }: PortOptions): Pick<AttachOptions, "cable"> {
  if (!delay && !jitter && !loss && !rateOut) return {};
  const impairment = {
    delayMs: delay ?? 0,
    jitterMs: jitter ?? 0,
    loss: loss ?? 0,
    rateBits: rateOut ?? 0,
    seed: seed ?? randomInt(MAX_SEED),
  };
  return { cable: (link) => new ImpairedLink(link, impairment) };
}

/** The VLAN of a grant makes an access port of every port. */
function vlanRule(granted: number | undefined, options: PortOptions): VlanRule | undefined {
  const { trunk, native, serviceTags, tunnel } = options;
  if (granted !== undefined) return { access: granted };
  if (tunnel !== undefined) return { tunnel };
  if (trunk === undefined) return undefined;
  return {
    trunk: VlanSet.parse(trunk),
    ...(native === undefined ? {} : { native }),
    ...(serviceTags === undefined ? {} : { service: serviceTags }),
  };
}

function multicastRules({ fastLeave, multicastRouter }: PortOptions): MulticastPortRules {
  return {
    ...(fastLeave === undefined ? {} : { fastLeave }),
    ...(multicastRouter === undefined ? {} : { router: multicastRouter }),
  };
}

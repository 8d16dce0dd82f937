import { parseMac } from "../../frame/mac.js";
import { parseCidr } from "../../session/cidr.js";
import type { Grant } from "../../session/grant.js";
import { AddressPolicy } from "../../switch/address-policy.js";
import type { Policy } from "../../switch/policy.js";
import type { PortRules } from "../../switch/port.js";
import { RatePolicy } from "../../switch/rate-policy.js";

/** What the switch enforces of a grant. Addresses come first: a frame that is refused uses up no rate. */
export function portRules({ macs, ips, rate, vlan }: Grant): PortRules {
  const policies: Policy[] = [];
  if (macs.length > 0 || ips.length > 0)
    policies.push(new AddressPolicy({ macs: macs.map(parseMac), ips: ips.map(parseCidr) }));
  if (rate !== undefined) policies.push(new RatePolicy(rate));
  return { policies, ...(vlan === undefined ? {} : { accessVlan: vlan }) };
}

/** The DHCP server of a network, as the file describes it: a subnet is enough. */
import { z } from "zod";
import { ipv4FromNumber, ipv4Number } from "../frame/ip-text.js";
import { maskOf } from "../switch/dhcp/dhcp-server.js";
import type { DhcpSettings } from "../switch/dhcp/lease.js";
import { ABOUT } from "./about.js";
import { whole } from "./fields.js";

/** Looking for a free address goes through all of the pool. */
const MAX_POOL = 4_096;
/** Room for a server and a client, and no more than the pool could use several times over. */
const MIN_PREFIX = 8;
const MAX_PREFIX = 30;
const LEASE_S = 43_200;
const MIN_LEASE_S = 60;
const MAX_LEASE_S = 31_536_000;

const address = z.string().refine((text) => ipv4Number(text) !== undefined, "an IPv4 address, as 10.0.0.1");
const CLIENT = /^([0-9a-f]{2}(:[0-9a-f]{2}){5}|[A-Za-z0-9._-]{1,63})$/i;

const Fields = z.strictObject({
  subnet: z
    .string()
    .refine(
      (text) => subnetOf(text) !== null,
      `a network, as 10.0.0.0/24, of /${MIN_PREFIX} to /${MAX_PREFIX}`,
    )
    .register(ABOUT, { description: "the network, as 10.0.0.0/24" }),
  pool: z
    .string()
    .refine((text) => rangeOf(text) !== null, `two addresses, as 10.0.0.100-10.0.0.199, ${MAX_POOL} at most`)
    .optional()
    .register(ABOUT, {
      description: "first and last address to give",
      otherwise: "all that are free in the subnet",
    }),
  server: address
    .optional()
    .register(ABOUT, { description: "the server's own address", otherwise: "the subnet's last" }),
  lease: whole(MIN_LEASE_S, MAX_LEASE_S)
    .default(LEASE_S)
    .register(ABOUT, { description: "seconds for which an address is given" }),
  router: z.array(address).max(8).default([]).register(ABOUT, { description: "routers of the subnet" }),
  dns: z.array(address).max(8).default([]).register(ABOUT, { description: "name servers" }),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/, "a domain name")
    .optional()
    .register(ABOUT, { description: "domain of the hosts" }),
  mtu: whole(68, 65_535)
    .optional()
    .register(ABOUT, { description: "MTU that clients are told", otherwise: "the network's" }),
  vlan: whole(1, 4_094)
    .optional()
    .register(ABOUT, { description: "VLAN that it serves", otherwise: "untagged frames" }),
  static: z
    .record(z.string().regex(CLIENT, "a MAC address or the name of a port"), address)
    .default({})
    .register(ABOUT, {
      description: "addresses kept for a MAC, or for the first host behind a port of that name",
    }),
});

export const DhcpOptions = Fields.superRefine((options, context) => {
  const wrong = conflictOf(options);
  if (wrong !== null) context.addIssue({ code: "custom", path: [wrong[0]], message: wrong[1] });
});
export type DhcpOptions = z.output<typeof DhcpOptions>;

/** With all that was left out; `mtu` is the network's. */
export function dhcpSettings(options: DhcpOptions, mtu: number): DhcpSettings {
  const { subnet, prefixLength } = subnetOf(options.subnet)!;
  const last = (subnet | ~maskOf(prefixLength)) >>> 0;
  const pool = options.pool === undefined ? null : rangeOf(options.pool)!;
  const reserved = Object.entries(options.static).map(
    ([client, text]) => [client.includes(":") ? client.toLowerCase() : client, number(text)] as const,
  );
  return {
    ...{ subnet, prefixLength },
    server: options.server === undefined ? last - 1 : number(options.server),
    first: pool?.first ?? subnet + 1,
    last: pool?.last ?? Math.min(last - 1, subnet + MAX_POOL),
    leaseSeconds: options.lease,
    routers: options.router.map(number),
    dns: options.dns.map(number),
    domain: options.domain ?? null,
    mtu: options.mtu ?? mtu,
    vlan: options.vlan ?? 0,
    reserved: new Map(reserved),
  };
}

type Wrong = readonly [option: string, message: string] | null;

function conflictOf(options: DhcpOptions): Wrong {
  const { pool, server: own, router, static: kept } = options;
  const addresses = [...(own === undefined ? [] : [own]), ...router, ...Object.values(kept)];
  const isReadable = subnetOf(options.subnet) !== null && (pool === undefined || rangeOf(pool) !== null);
  // Of what is wrong by itself that was said.
  if (!isReadable || addresses.some((text) => ipv4Number(text) === undefined)) return null;
  const { subnet, first, last, server, routers, reserved } = dhcpSettings(options, 1_500);
  const mask = maskOf(subnetOf(options.subnet)!.prefixLength);
  const isOutside = (ip: number): boolean =>
    (ip & mask) >>> 0 !== subnet || ip === subnet || ip === (subnet | ~mask) >>> 0;
  const where = `is no host's address in ${options.subnet}`;
  if (isOutside(first) || isOutside(last))
    return ["pool", `'${options.pool}' is not within ${options.subnet}`];
  if (isOutside(server)) return ["server", `'${ipv4FromNumber(server)}' ${where}`];
  for (const [option, all] of [
    ["router", routers],
    ["static", [...reserved.values()]],
  ] as const) {
    const outside = all.find(isOutside);
    if (outside !== undefined) return [option, `'${ipv4FromNumber(outside)}' ${where}`];
  }
  const fixed = [server, ...routers, ...reserved.values()];
  const twice = fixed.find((ip, index) => fixed.indexOf(ip) < index);
  return twice === undefined ? null : ["static", `'${ipv4FromNumber(twice)}' is given twice`];
}

function subnetOf(text: string): { subnet: number; prefixLength: number } | null {
  const [host = "", length = ""] = text.split("/");
  const [subnet, prefixLength] = [ipv4Number(host), Number(/^\d{1,2}$/.test(length) ? length : Number.NaN)];
  if (subnet === undefined || !(prefixLength >= MIN_PREFIX && prefixLength <= MAX_PREFIX)) return null;
  return (subnet & maskOf(prefixLength)) >>> 0 === subnet ? { subnet, prefixLength } : null;
}

function rangeOf(text: string): { first: number; last: number } | null {
  const [first, last, ...rest] = text.split("-").map((part) => ipv4Number(part.trim()));
  if (first === undefined || last === undefined || rest.length > 0) return null;
  return first <= last && last - first < MAX_POOL ? { first, last } : null;
}

function number(text: string): number {
  return ipv4Number(text)!;
}

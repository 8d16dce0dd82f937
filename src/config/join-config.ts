/** All that `tapswitch join` can be told. */
import { z } from "zod";
import { NAME_PATTERN } from "../session/messages.js";
import { ABOUT } from "./about.js";
import type { ConfigKind, Conflict } from "./config-kind.js";
import { type StreamEndpoint, writeEndpoint } from "./endpoint/endpoint.js";
import { listenField } from "./endpoint/field.js";
import { parsed, whole, yesNo } from "./fields.js";
import { HTTP_OPTION } from "./http-option.js";
import { parseServerUrl } from "./invite-url.js";
import { listenerConflicts, wireConflicts } from "./listener-conflicts.js";
import { LOG_OPTIONS } from "./log-options.js";
import { NETWORK_OPTIONS } from "./network-options.js";
import { settle } from "./settle.js";
import { showEndpoints, WAY_OPTIONS } from "./way-options.js";

/** Smallest MTU that IPv4 allows, and what a TAP can carry (65,535 bytes less the Ethernet header). */
export const MIN_MTU = 68;
export const MAX_MTU = 65_521;
/** A flap shorter than this is hidden from the host: a carrier that falls costs a bridge with STP 30 s. */
const CARRIER_HOLD_S = 5;
const MAX_HOLD_S = 86_400;

/** Stands for an address that DHCP gives. */
export const AUTO = "auto";

const NO_SERVER =
  "no URL: give it as an argument, on standard input with '-', in TAPSWITCH_URL, or as 'server:' in the file";

/** Where the server is. */
const server = parsed<StreamEndpoint>(parseServerUrl, NO_SERVER);

function isStation(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && /[1-9a-f]/i.test(mac);
}

const JoinOptions = z.strictObject({
  server: server.register(ABOUT, {
    description: "an invite, or tls://host:9621/network",
    given: "argument",
    environment: "TAPSWITCH_URL",
    show: writeEndpoint,
  }),
  listen: z.array(listenField).default([]).register(ABOUT, {
    description: "where VMs and others of this host come in, as unix:///run/tapswitch/vms.sock",
    value: "url",
    short: "l",
    show: showEndpoints,
  }),
  attach: WAY_OPTIONS.attach,
  maxPorts: WAY_OPTIONS.maxPorts,
  insecure: WAY_OPTIONS.insecure,
  tap: yesNo().default(true).register(ABOUT, {
    description: "this host has a device of its own",
    negated: "no device for this host, only for those who listen and attach say; needs no root",
  }),
  dev: z
    .string()
    .regex(/^[^\s/:]{1,15}$/, "1 to 15 characters, no '/', ':' or space")
    .optional()
    .register(ABOUT, {
      description: "TAP device",
      value: "name",
      otherwise: "tap0, or the next that is free",
    }),
  ip: z
    .array(z.union([z.cidrv4(), z.cidrv6(), z.literal(AUTO)], "an address with its prefix, as 10.10.0.1/24"))
    .default([])
    .register(ABOUT, { description: "address of the device, IPv4 or IPv6; auto: by DHCP", value: "cidr" }),
  mtu: whole(MIN_MTU, MAX_MTU)
    .optional()
    .register(ABOUT, {
      description: `MTU of the device, ${MIN_MTU} to ${MAX_MTU}`,
      value: "bytes",
      otherwise: "the network's",
    }),
  mac: z
    .string()
    .regex(/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i, "six hex octets, as 02:00:5e:10:00:01")
    .refine(isStation, "an address of one station: the first octet even, and not all zero")
    .optional()
    .register(ABOUT, {
      description: "MAC of the device",
      value: "address",
      otherwise: "stable, made from this host's identity",
    }),
  bridge: z
    .string()
    .max(15)
    .optional()
    .register(ABOUT, { description: "attach the device to this Linux bridge", value: "name" }),
  name: z
    .string()
    .regex(NAME_PATTERN, "letters, digits, '.', '_' and '-', at most 63")
    .optional()
    .register(ABOUT, {
      description: "name of the port on the server",
      value: "name",
      otherwise: "the host's name",
    }),
  up: z
    .string()
    .optional()
    .register(ABOUT, { description: "shell command to run after the first welcome", value: "command" }),
  down: z
    .string()
    .optional()
    .register(ABOUT, { description: "shell command to run at the end", value: "command" }),
  persist: yesNo().default(false).register(ABOUT, { description: "leave the device when the process ends" }),
  carrierHold: z
    .union([z.literal("never"), whole(0, MAX_HOLD_S)], "seconds, or never")
    .default(CARRIER_HOLD_S)
    .register(ABOUT, {
      description: "keep the carrier this long after a loss, or 'never' drop it",
      value: "seconds",
    }),
  offload: yesNo().default(true).register(ABOUT, {
    description: "let frames travel as large segments and with unfinished checksums",
    negated: "only finished frames: no large segments, no unfinished checksums",
  }),
  testResponder: yesNo().default(true).register(ABOUT, {
    description: "answer the tests of others ('tapswitch test')",
    negated: "do not answer the tests of others ('tapswitch test')",
  }),
  user: z.string().min(1).max(64).optional().register(ABOUT, {
    description: "become this user once the device is open; hooks run as that user too",
    value: "name",
  }),
  ...NETWORK_OPTIONS,
  ...HTTP_OPTION,
  state: z
    .string()
    .optional()
    .register(ABOUT, { description: "folder for what outlives the process", value: "dir" }),
  control: z.string().optional().register(ABOUT, {
    description:
      "path of the control socket (default: /run/tapswitch/join-DEVICE.sock for root; without a device the network's name)",
    value: "path",
  }),
  ...LOG_OPTIONS,
});

export type JoinConfig = z.output<typeof JoinOptions>;

/** The configuration of `join`. */
export const JOIN: ConfigKind<typeof JoinOptions, JoinConfig> = {
  section: "join",
  options: JoinOptions,
  complete: (options) => options,
  conflicts: (options) => {
    const { server, listen = [], attach = [], insecure = true } = options;
    const networks = server === undefined ? null : { names: [joinedNetwork(server)], fix: () => ONE_NETWORK };
    return [
      ...deviceConflicts(options),
      ...memberConflicts(listen),
      ...listenerConflicts({ listen, networks, insecure }),
      ...wireConflicts(attach, { listen, networks }),
    ];
  },
};

/** What the network of a join is called on its own side, until and after the server has said more. */
export function joinedNetwork({ network = "default" }: StreamEndpoint): string {
  return network;
}

const ONE_NETWORK = "a join has one network, the one that it joins: leave the name away";

/** Options of a device that is not wanted, or that do not go together. */
function deviceConflicts({ tap, dev, mac, bridge, persist, user, ip = [] }: Partial<JoinConfig>): Conflict[] {
  const alone = "is of a device, and --no-tap wants none: leave one of them away";
  const given = { dev, mac, bridge, persist: persist || undefined, ip: ip[0] };
  const lost = Object.entries(given).filter(([, value]) => tap === false && value !== undefined);
  const both = bridge !== undefined && ip.length > 0;
  const auto = ip.includes(AUTO) && user !== undefined;
  return [
    ...(auto
      ? [{ path: ["user"], message: "an address by DHCP (--ip auto) is set as root, while it runs" }]
      : []),
    ...lost.map(([key]) => ({ path: [key], message: alone })),
    ...(both ? [{ path: ["ip"], message: NOT_ON_A_BRIDGE }] : []),
  ];
}

const NOT_ON_A_BRIDGE = "does not go with --bridge: an address belongs on the bridge, not on its port";

/** A join knows no members whom it could admit. */
function memberConflicts(listen: JoinConfig["listen"]): Conflict[] {
  return listen.flatMap(({ kind }, index) =>
    kind === "tls" ? [{ path: ["listen", index], message: NO_MEMBERS }] : [],
  );
}

const NO_MEMBERS =
  "a join admits no members, as tls:// would: let other hosts join the server, or listen on unix:// or on tcp://127.0.0.1";

/** Checks what was given and fills in the rest. Throws `usage`, naming the option. */
export function parseJoinConfig(given: Readonly<Record<string, unknown>>): JoinConfig {
  return settle(JOIN, { flags: given }).config;
}

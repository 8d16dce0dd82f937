/** All that `tapswitch serve` can be told. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { RESERVED_ADDRESSES, type ReservedName } from "../frame/ethernet.js";
import { MAX_FRAME } from "../frame/record.js";
import { KEEPALIVE_MS } from "../session/liveness.js";
import { NAME_PATTERN } from "../session/messages.js";
import { AGE_MS, MAC_LIMIT, MAX_MACS } from "../switch/switch.js";
import { ABOUT } from "./about.js";
import type { ConfigKind } from "./config-kind.js";
import { listenField } from "./endpoint/field.js";
import { DEFAULT_PORT } from "./endpoint/host.js";
import { whole } from "./fields.js";
import { HTTP_OPTION } from "./http-option.js";
import { listenerConflicts, wireConflicts } from "./listener-conflicts.js";
import { LOG_OPTIONS } from "./log-options.js";
import { NETWORK_OPTIONS, type NetworkOptions, OWN_NETWORK_OPTIONS, ownOptions } from "./network-options.js";
import { settle } from "./settle.js";
import { showEndpoints, WAY_OPTIONS } from "./way-options.js";

const DEFAULT_NETWORK = "default";
const RESERVED_NAMES = Object.keys(RESERVED_ADDRESSES) as [ReservedName, ...ReservedName[]];

const networkName = z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-', at most 63");
const mtu = whole(68, MAX_FRAME - 14);
const macLimit = whole(1, MAX_MACS);
const age = whole(1, 1_000_000);

const OneNetwork = z.strictObject({
  mtu: mtu.optional().register(ABOUT, { description: "MTU that its clients are told" }),
  macLimit: macLimit.optional().register(ABOUT, { description: "most addresses behind one of its ports" }),
  age: age.optional().register(ABOUT, { description: "seconds until it forgets an address not seen" }),
  ...OWN_NETWORK_OPTIONS,
});

const ServeOptions = z.strictObject({
  // Safe as it starts: everyone may knock, only members get in.
  listen: z
    .array(listenField)
    .prefault(() => [`tls://${everyAddress()}:${DEFAULT_PORT}`])
    .register(ABOUT, {
      description: "where to listen",
      value: "url",
      short: "l",
      otherwise: `tls://[::]:${DEFAULT_PORT}`,
      show: showEndpoints,
    }),
  attach: WAY_OPTIONS.attach,
  network: z
    .array(networkName)
    .min(1, "at least one")
    .superRefine((names, context) => {
      const at = names.findIndex((name, index) => names.indexOf(name) < index);
      if (at > 0) context.addIssue({ code: "custom", path: [at], message: "given twice" });
    })
    .optional()
    .register(ABOUT, {
      description: "a network of this switch; the first serves those who name none",
      value: "name",
      short: "n",
      follows: "networks",
      otherwise: DEFAULT_NETWORK,
    }),
  networks: z
    .record(
      networkName,
      OneNetwork.nullable().transform((own) => own ?? {}),
    )
    .prefault({})
    .register(ABOUT, { description: "networks with settings of their own", given: "file" }),
  ...NETWORK_OPTIONS,
  // What every host and uplink takes.
  mtu: mtu.default(1_500).register(ABOUT, { description: "MTU that clients are told", value: "bytes" }),
  maxPorts: WAY_OPTIONS.maxPorts,
  macLimit: macLimit
    .default(MAC_LIMIT)
    .register(ABOUT, { description: "most addresses behind one port", value: "count" }),
  age: age
    .default(AGE_MS / 1_000)
    .register(ABOUT, { description: "forget an address not seen for this long", value: "seconds" }),
  keepalive: whole(100, 3_600_000)
    .default(KEEPALIVE_MS)
    .register(ABOUT, { description: "a client silent for this long is dead", value: "ms" }),
  forwardReserved: z.array(z.enum(RESERVED_NAMES)).default([]).register(ABOUT, {
    description: "reserved addresses to forward, as lldp,lacp; BPDUs always are",
    value: "names",
    commas: true,
  }),
  insecure: WAY_OPTIONS.insecure,
  ...HTTP_OPTION,
  advertise: z.string().optional().register(ABOUT, {
    description: "address that invites carry",
    value: "host:port",
    otherwise: "the first of this machine",
  }),
  group: z.string().optional().register(ABOUT, {
    description: "group that may use the control socket besides its owner",
    value: "name",
  }),
  state: z.string().optional().register(ABOUT, {
    description: "folder for what outlives the process",
    value: "dir",
  }),
  control: z.string().optional().register(ABOUT, {
    description:
      "path of the control socket (default: control.sock in --state if given, else in /run/tapswitch for root)",
    value: "path",
  }),
  ...LOG_OPTIONS,
});

export type ServeConfig = Omit<z.output<typeof ServeOptions>, "network"> & {
  /** Networks of this process; the first serves those who name none. */
  readonly network: readonly string[];
};

/** The configuration of `serve`. */
export const SERVE: ConfigKind<typeof ServeOptions, ServeConfig> = {
  section: "serve",
  options: ServeOptions,
  complete: (options) => ({ ...options, network: namesOf(options) }),
  conflicts: (options) => {
    const names = namesIfSound(options);
    const networks =
      names === null ? null : { names, fix: (name: string) => `declare it with --network ${name}` };
    const { listen = [], attach = [], insecure = true } = options;
    return [
      ...listenerConflicts({ listen, networks, insecure }),
      ...wireConflicts(attach, { listen, networks }),
    ];
  },
};

/** Checks what was given and fills in the rest. Throws `usage`, naming the option. */
export function parseServeConfig(given: Readonly<Record<string, unknown>>): ServeConfig {
  return settle(SERVE, { flags: given }).config;
}

/** What holds for one network: its own settings, else those of all. */
export function networkSettings(config: ServeConfig, name: string): NetworkSettings {
  const own = Object.hasOwn(config.networks, name) ? config.networks[name] : undefined;
  return {
    mtu: own?.mtu ?? config.mtu,
    macLimit: own?.macLimit ?? config.macLimit,
    age: own?.age ?? config.age,
    keepalive: config.keepalive,
    forwardReserved: config.forwardReserved,
    ...ownOptions(config, own),
  };
}

export interface NetworkSettings extends NetworkOptions {
  /** Bytes. */
  readonly mtu: number;
  readonly macLimit: number;
  /** Seconds. */
  readonly age: number;
  /** Milliseconds. */
  readonly keepalive: number;
  readonly forwardReserved: readonly ReservedName[];
}

type Naming = Pick<z.output<typeof ServeOptions>, "network" | "networks">;

/** Where the names are wrong, nothing can be said about who uses them. */
function namesIfSound(options: Partial<Naming>): string[] | null {
  const { network, networks } = options;
  return networks === undefined || !("network" in options) ? null : namesOf({ network, networks });
}

/** A network with settings of its own need not be named again. */
function namesOf({ network, networks }: Naming): string[] {
  const own = Object.keys(networks);
  const named = network ?? (own.length > 0 ? [] : [DEFAULT_NETWORK]);
  return [...new Set([...named, ...own])];
}

/** Both versions of IP, or the one that a kernel without IPv6 has. */
function everyAddress(): string {
  return existsSync("/proc/net/if_inet6") ? "[::]" : "0.0.0.0";
}

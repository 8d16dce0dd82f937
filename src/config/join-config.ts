import { z } from "zod";
import { NAME_PATTERN } from "../session/messages.js";
import type { Endpoint } from "./endpoint.js";
import { endpoint, parseConfig, whole } from "./fields.js";

/** Smallest MTU that IPv4 allows, and what a TAP can carry (65,535 bytes less the Ethernet header). */
export const MIN_MTU = 68;
export const MAX_MTU = 65_521;
/** A flap shorter than this is hidden from the host: a carrier that falls costs a bridge with STP 30 s. */
const CARRIER_HOLD_S = 5;

/** Options of an endpoint that mean something only where one listens. */
const FOR_LISTENERS = ["raw", "mode", "group"] as const;

/** Where the server is. What could only be meant for a listener is refused rather than ignored. */
const server = endpoint.superRefine((given, context) => {
  for (const option of FOR_LISTENERS) {
    if (option in given && given[option as keyof Endpoint] !== undefined)
      context.addIssue({ code: "custom", message: `'${option}' is for listeners` });
  }
  if (given.kind === "tcp" && given.port === 0)
    context.addIssue({ code: "custom", message: "nobody can connect to port 0" });
});

function isStation(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && /[1-9a-f]/i.test(mac);
}

/** All that `tapswitch join` can be told. */
const JoinConfig = z
  .strictObject({
    /** The server, and by its path the network. */
    server,
    /** Name of the TAP device. Default: tap0, or the next that is free. */
    dev: z
      .string()
      .regex(/^[^\s/:]{1,15}$/, "1 to 15 characters, no '/', ':' or space")
      .optional(),
    /** Addresses with prefix length, IPv4 and IPv6. */
    ip: z.array(z.union([z.cidrv4(), z.cidrv6()], "an address with its prefix, as 10.10.0.1/24")).default([]),
    /** MTU of the device in bytes. Default: the network's. */
    mtu: whole(MIN_MTU, MAX_MTU).optional(),
    mac: z
      .string()
      .regex(/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i, "six hex octets, as 02:00:5e:10:00:01")
      .refine(isStation, "an address of one station: the first octet even, and not all zero")
      .optional(),
    /** Linux bridge to attach the device to. */
    bridge: z.string().max(15).optional(),
    /** What the port is called on the server. Default: the host's name. */
    name: z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-', at most 63").optional(),
    /** Shell commands: after the first welcome, and at the end. */
    up: z.string().optional(),
    down: z.string().optional(),
    /** The device stays when the process ends. */
    persist: z.boolean().default(false),
    /** Seconds that the carrier outlives the session; "never" lets it fall. */
    carrierHold: z.union([z.literal("never"), whole(0, 86_400)], "seconds, or never").default(CARRIER_HOLD_S),
    /** Whether frames may travel with checksum and segmentation still to be done. */
    offload: z.boolean().default(true),
    /** User, by name or number, to become once the device is open. */
    user: z.string().min(1).max(64).optional(),
    state: z.string().optional(),
    control: z.string().optional(),
  })
  .refine((config) => config.bridge === undefined || config.ip.length === 0, {
    path: ["ip"],
    message: "does not go with --bridge: an address belongs on the bridge, not on its port",
  });
export type JoinConfig = z.infer<typeof JoinConfig>;

/** Checks what was given and fills in the rest. Throws `usage`, naming the option. */
export function parseJoinConfig(given: unknown): JoinConfig {
  return parseConfig(JoinConfig, given, "server");
}

import { existsSync } from "node:fs";
import { z } from "zod";
import { RESERVED_ADDRESSES, type ReservedName } from "../frame/ethernet.js";
import { MAX_FRAME } from "../frame/record.js";
import { KEEPALIVE_MS } from "../session/liveness.js";
import { NAME_PATTERN } from "../session/messages.js";
import { AGE_MS, MAC_LIMIT, MAX_MACS } from "../switch/switch.js";
import { DEFAULT_PORT } from "./endpoint.js";
import { endpoint, httpEndpoint, parseConfig, whole } from "./fields.js";

const RESERVED_NAMES = Object.keys(RESERVED_ADDRESSES) as [ReservedName, ...ReservedName[]];

/** All that `tapswitch serve` can be told. */
const ServeConfig = z.strictObject({
  /** Where to listen. Safe as it starts: everyone may knock, only members get in. */
  listen: z.array(endpoint).default(() => [endpoint.parse(`tls://${everyAddress()}:${DEFAULT_PORT}`)]),
  /** Networks of this process; the first serves those who name none. */
  network: z
    .array(z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-', at most 63"))
    .min(1, "at least one")
    .superRefine((names, context) => {
      const at = names.findIndex((name, index) => names.indexOf(name) < index);
      if (at > 0) context.addIssue({ code: "custom", path: [at], message: "given twice" });
    })
    .default(["default"]),
  /** MTU in bytes that `welcome` announces: 1,500 is what every host and uplink takes. */
  mtu: whole(68, MAX_FRAME - 14).default(1_500),
  /** Most connections at once, silent ones included: bounds memory at some 60 KB each. */
  maxPorts: whole(1, 100_000).default(1_024),
  /** Most addresses behind one port. */
  macLimit: whole(1, MAX_MACS).default(MAC_LIMIT),
  /** Seconds until an unseen address is forgotten. */
  age: whole(1, 1_000_000).default(AGE_MS / 1_000),
  /** Milliseconds after which a silent native peer is taken for dead. */
  keepalive: whole(100, 3_600_000).default(KEEPALIVE_MS),
  /** Reserved addresses to forward besides BPDUs. */
  forwardReserved: z.array(z.enum(RESERVED_NAMES)).default([]),
  /** Lets a TCP listener face the network without encryption. */
  insecure: z.boolean().default(false),
  /** Folder for what outlives the process, and the path of the control socket. */
  state: z.string().optional(),
  control: z.string().optional(),
  /** Group that may use the control socket besides its owner. */
  group: z.string().optional(),
  /** Where the web page and the metrics are served; nowhere unless asked for. */
  http: httpEndpoint.optional(),
  /** "host:port" that invites carry. Default: the first address of this machine. */
  advertise: z.string().optional(),
});
export type ServeConfig = z.infer<typeof ServeConfig>;

/** Checks what was given and fills in the rest. Throws `usage`, naming the option. */
export function parseServeConfig(given: unknown): ServeConfig {
  return parseConfig(ServeConfig, given);
}

/** Both versions of IP, or the one that a kernel without IPv6 has. */
function everyAddress(): string {
  return existsSync("/proc/net/if_inet6") ? "[::]" : "0.0.0.0";
}

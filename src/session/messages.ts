/**
 * What the two ends of a session say to each other besides frames: JSON objects in records of kind 2. Unknown
 * fields are ignored, so that a newer peer can say more; every field a peer controls has a bound.
 */
import { z } from "zod";
import type { ErrorCode } from "../errors.js";
import { MAX_FRAME } from "../frame/record.js";

/** The protocol version that this program speaks. */
export const PROTOCOL_VERSION = 1;

/** Longest name of a network or member, in characters. */
export const MAX_NAME = 63;
/** A network's or member's name: short, printable, safe in a URL, a log line and a metric label. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const name = z.string().regex(NAME_PATTERN);
/** What the other side wants people to read: in one line, and nothing in it that a terminal obeys. */
const sentence = z
  .string()
  .max(1_000)
  .transform((text) => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " "));
const capabilities = z.object({
  /** Work on frames that the sender of this message takes over: names of `Offload` bits. */
  offload: z.array(z.string().max(16)).max(32).default([]),
});

/** The first message of a native peer. */
export const Hello = z.object({
  type: z.literal("hello"),
  version: z.number().int(),
  /** Random, made anew by each joining process: tells a reconnect from a second process. */
  instance: z.string().min(16).max(64),
  /** Absent: the listener's own, or the server's first. */
  network: name.optional(),
  name: name.optional(),
  /** The code of an invite. */
  code: z.string().max(64).optional(),
  capabilities,
  /** MTU of the peer's device in bytes, and its MAC. */
  mtu: z.number().int().min(68).max(MAX_FRAME).optional(),
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
    .optional(),
});
export type Hello = z.infer<typeof Hello>;

/** Addresses that a `welcome` names of each kind: the longest grant would not fit into a message. */
export const MAX_TOLD = 64;

/** What a client may do, for people to see. The server enforces it whatever is said here. */
export const Granted = z.object({
  vlan: z.number().int().min(1).max(4_094).optional(),
  /** The only MACs and IP addresses that it may speak for, or the first of them; empty: any. */
  macs: z
    .array(z.string().regex(/^[0-9a-f:]{17}$/))
    .max(MAX_TOLD)
    .default([]),
  ips: z
    .array(z.string().regex(/^[0-9a-f:./]{1,49}$/i))
    .max(MAX_TOLD)
    .default([]),
  /** Most MACs behind the port, and bits per second from it. */
  macLimit: z.number().int().min(1).optional(),
  rate: z.number().int().min(1).optional(),
});
export type Granted = z.infer<typeof Granted>;

/** The answer to a hello: what was granted. */
export const Welcome = z.object({
  type: z.literal("welcome"),
  version: z.number().int(),
  network: name,
  /** Number and name of the port. */
  port: z.number().int().positive(),
  name,
  /** The network's MTU in bytes. */
  mtu: z.number().int().min(68).max(MAX_FRAME),
  /** A peer that is silent for this long, in milliseconds, is taken for dead. */
  keepaliveMs: z.number().int().min(100).max(3_600_000),
  capabilities,
  /** Absent where an older server says nothing of it; what another version says in another way is no reason to end. */
  grant: Granted.optional().catch(undefined),
  /** The server's time of day, milliseconds since 1970: so that people see where clocks disagree. */
  time: z.number().nonnegative().optional().catch(undefined),
  /** Sentences for the person who runs the client. */
  warnings: z.array(sentence).max(16).default([]),
});
export type Welcome = z.infer<typeof Welcome>;

/** What has changed since the welcome. */
export const Settings = z.object({
  type: z.literal("settings"),
  /** The network's MTU in bytes. */
  mtu: z.number().int().min(68).max(MAX_FRAME),
});
export type Settings = z.infer<typeof Settings>;

/** The other answer to a hello. */
export const Refuse = z.object({ type: z.literal("refuse"), code: z.string().max(64), message: sentence });
export type Refuse = z.infer<typeof Refuse>;

/** Asks for a `pong` with the same time, which means something only to the sender. */
export const Ping = z.object({ type: z.literal("ping"), time: z.number() });
export const Pong = z.object({ type: z.literal("pong"), time: z.number() });

/** The last message of an orderly end. */
export const Bye = z.object({ type: z.literal("bye"), code: z.string().max(64), message: sentence });

/** What a peer may be refused with: codes that mean something to it. */
export const REFUSALS: ReadonlySet<string> = new Set<ErrorCode>([
  "version",
  "unknown-network",
  "already-connected",
  "full",
  "native-only",
  "protocol",
  "timeout",
  "bad-invite",
  "invite-expired",
  "invite-used",
  "not-a-member",
  "revoked",
  "not-authenticated",
]);

/** No type that will ever be is longer. */
const MAX_TYPE = 64;

const SCHEMAS = {
  hello: Hello,
  welcome: Welcome,
  settings: Settings,
  refuse: Refuse,
  ping: Ping,
  pong: Pong,
  bye: Bye,
} as const;
/** Whatever else another version's hello may hold, its version has to be understood. */
const OtherHello = z.object({
  type: z.literal("hello"),
  version: z
    .number()
    .int()
    .refine((version) => version !== PROTOCOL_VERSION),
});
export type Message = z.infer<(typeof SCHEMAS)[keyof typeof SCHEMAS]>;
/** A message, a hello in a version that we do not speak, one of a type that we do not know, or what is wrong with it. */
export type Parsed =
  | Message
  | { readonly type: "other-version"; readonly version: number }
  | { readonly type: "unknown" }
  | { readonly type: "invalid"; readonly why: string };

/** Reads one message. Never throws: a peer may send anything. */
export function parseMessage(text: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { type: "invalid", why: "it is not JSON" };
  }
  const type = typeOf(json);
  if (type === null) return { type: "invalid", why: "it has no type" };
  if (!Object.hasOwn(SCHEMAS, type)) return { type: "unknown" };
  const other = type === "hello" ? OtherHello.safeParse(json) : null;
  if (other?.success) return { type: "other-version", version: other.data.version };
  const known = SCHEMAS[type as keyof typeof SCHEMAS].safeParse(json);
  if (known.success) return known.data;
  const issue = known.error.issues[0];
  return { type: "invalid", why: `${type}.${issue?.path.join(".")}: ${issue?.message}` };
}

function typeOf(json: unknown): string | null {
  const type = typeof json === "object" && json !== null && "type" in json ? json.type : null;
  return typeof type === "string" && type.length <= MAX_TYPE ? type : null;
}

export function formatMessage(message: Message): string {
  return JSON.stringify(message);
}

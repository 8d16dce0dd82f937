/**
 * The settings of one port: options of every `--listen` and `--attach` URL, where they hold for each port that comes
 * of it. What a grant says of a member counts more. A further one is a line here and its meaning in
 * `daemon/network/port-rules.ts`.
 */
import { z } from "zod";
import { formatMac, parseMac } from "../frame/mac.js";
import { MAX_VLAN, VlanSet } from "../frame/vlan-set.js";
import { NAME_PATTERN } from "../session/messages.js";
import { AccessList } from "../switch/guard/access-list.js";
import { MAX_MACS } from "../switch/switch.js";
import { ABOUT } from "./about.js";
import type { EndpointUrl } from "./endpoint/endpoint-url.js";
import { parsed, whole, yesNo } from "./fields.js";
import { STORM_OPTIONS } from "./storm-options.js";
import { TREE_PORT_OPTIONS } from "./tree-options.js";
import { formatDelay, formatRate, formatShare, parseDelay, parseRate, parseShare } from "./units.js";

/** Below it one frame in a second would be too much, and above it no machine counts [the same as in a grant]. */
const MIN_RATE = 8_000;
const MAX_RATE = 1e12;
/** One of the largest records must fit, and one port must not have all the memory. */
const MIN_QUEUE = 131_072;
const MAX_QUEUE = 67_108_864;

/** Longer than any path on Earth. */
const MAX_DELAY_MS = 60_000;

function rate(description: string) {
  return parsed(parseRate)
    .refine((bits) => bits >= MIN_RATE && bits <= MAX_RATE, "a rate from 8kbit to 1000gbit")
    .optional()
    .register(ABOUT, { description, value: "rate", show: formatRate });
}

function delay(description: string) {
  return parsed(parseDelay)
    .refine((ms) => ms <= MAX_DELAY_MS, "at most 60s")
    .optional()
    .register(ABOUT, { description, value: "time", show: formatDelay });
}

function vlan() {
  return whole(1, MAX_VLAN);
}

export const PortOptions = z.strictObject({
  name: z
    .string()
    .regex(NAME_PATTERN, "letters, digits, '.', '_' and '-', at most 63")
    .optional()
    .register(ABOUT, {
      description: "name of the port; of several, the first has it as it is",
      value: "name",
    }),
  vlan: vlan().optional().register(ABOUT, {
    description: "untagged outside, and this VLAN inside",
    value: "1-4094",
  }),
  trunk: z
    .union([z.string(), z.number().transform(String)])
    .pipe(parsed((text) => String(VlanSet.parse(text))))
    .optional()
    .register(ABOUT, { description: "VLANs that it carries tagged, as 1,10-20 or all", value: "vlans" }),
  native: vlan()
    .optional()
    .register(ABOUT, {
      description: "VLAN of a trunk's untagged frames, which else are refused",
      value: `1-${MAX_VLAN}`,
    }),
  serviceTags: yesNo()
    .optional()
    .register(ABOUT, { description: "a trunk's tags are service tags (802.1ad)", value: "yes|no" }),
  tunnel: vlan()
    .optional()
    .register(ABOUT, {
      description: "VLAN for all that a customer sends, tags included (Q-in-Q)",
      value: `1-${MAX_VLAN}`,
    }),
  isolated: yesNo().optional().register(ABOUT, {
    description: "it and other isolated ports get no frames from each other",
    value: "yes|no",
  }),
  floodUnknown: yesNo().optional().register(ABOUT, {
    description: "whether it gets frames to addresses that nobody has been seen with",
    value: "yes|no",
  }),
  macLimit: whole(1, MAX_MACS)
    .optional()
    .register(ABOUT, { description: "most addresses behind the port", value: "count" }),
  mac: parsed(readMacs)
    .optional()
    .register(ABOUT, {
      description: "the only addresses that may send through it, with commas between",
      value: "mac",
      show: (macs: readonly string[]) => macs.join(","),
    }),
  macAction: z.enum(["evict", "drop", "shut"]).optional().register(ABOUT, {
    description:
      "at an address too many: forget the oldest, refuse the new one, or shut the port for 5 minutes",
    value: "action",
    otherwise: "evict; drop where addresses are sticky",
  }),
  sticky: yesNo().optional().register(ABOUT, {
    description:
      "the first addresses behind it, up to macLimit, are its only ones for as long as it is there",
    value: "yes|no",
  }),
  trusted: yesNo().optional().register(ABOUT, {
    description: "DHCP servers and routers may be behind it",
    value: "yes|no",
  }),
  acl: z
    .union([z.string().transform((text) => text.split(";")), z.array(z.string())])
    .transform((rules) => rules.map((rule) => rule.trim()).filter((rule) => rule !== ""))
    .superRefine((rules, context) => {
      const message = accessListError(rules);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .optional()
    .register(ABOUT, {
      description:
        "rules for what comes in, as 'deny udp port 53; allow arp; deny'; the first that fits counts",
      value: "rules",
      show: (rules: readonly string[]) => rules.join("; "),
    }),
  ...STORM_OPTIONS,
  ...TREE_PORT_OPTIONS,
  rate: rate("what may come in through it, as 100mbit"),
  fastLeave: yesNo().optional().register(ABOUT, {
    description: "a host that leaves a multicast group was the only one behind the port",
    value: "yes|no",
  }),
  multicastRouter: z.enum(["auto", "always", "never"]).optional().register(ABOUT, {
    description: "whether a router of multicast may be behind the port",
    value: "auto|always|never",
  }),
  queue: whole(MIN_QUEUE, MAX_QUEUE)
    .optional()
    .register(ABOUT, { description: "bytes that may wait to go out through it", value: "bytes" }),
  delay: delay("for labs: holds each frame back for so long, both ways, as 20ms"),
  jitter: delay("for labs: up to so much more or less delay"),
  loss: parsed(parseShare).optional().register(ABOUT, {
    description: "for labs: loses this share of the frames, both ways, as 1%",
    value: "share",
    show: formatShare,
  }),
  rateOut: rate("for labs: what may go out through it, as 10mbit"),
  seed: whole(0, 0x7fff_ffff).optional().register(ABOUT, {
    description: "where the luck of loss and jitter starts, to have it again",
    value: "number",
  }),
});
/** What is wrong with the rules, or null. */
function accessListError(rules: readonly string[]): string | null {
  try {
    new AccessList(rules);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

export type PortOptions = z.output<typeof PortOptions>;

const KEYS = Object.keys(PortOptions.shape) as (keyof PortOptions)[];

/** What does not go together, or null. */
export function portConflict(options: PortOptions): { path: string[]; message: string } | null {
  const kinds = (["vlan", "trunk", "tunnel"] as const).filter((key) => options[key] !== undefined);
  if (kinds.length > 1) return { path: [kinds[1]!], message: `does not go with ${kinds[0]}` };
  if (options.trunk !== undefined) return null;
  const [alone] = (["native", "serviceTags"] as const).filter((key) => options[key] !== undefined);
  return alone === undefined ? null : { path: [alone], message: "is for a trunk" };
}

/** As they stand in a URL: "mac-limit". */
export const portOptionNames: readonly string[] = KEYS.map(inUrl);

/** Those that a URL gives. Throws `bad-endpoint`. */
export function parsePortOptions(url: EndpointUrl): PortOptions {
  const given = KEYS.flatMap((key) => {
    const text = url.option(inUrl(key));
    return text === undefined ? [] : [[key, text] as const];
  });
  const { data, error } = PortOptions.safeParse(Object.fromEntries(given));
  const conflict = data === undefined ? error.issues[0]! : portConflict(data);
  if (conflict === null) return data!;
  const { path, message } = conflict;
  const key = path[0] as keyof PortOptions;
  throw url.wrong(`${inUrl(key)} '${url.option(inUrl(key))}' is wrong: ${message}`);
}

/** As text that `parsePortOptions` reads. */
export function writePortOptions(options: PortOptions): Record<string, string> {
  const given = KEYS.filter((key) => options[key] !== undefined);
  return Object.fromEntries(
    given.map((key) => {
      const about = ABOUT.get(PortOptions.shape[key]);
      const value = options[key] as never;
      return [inUrl(key), String(about?.show?.(value) ?? value)];
    }),
  );
}

function readMacs(text: string): readonly string[] {
  return text.split(",").map((mac) => formatMac(parseMac(mac)));
}

function inUrl(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

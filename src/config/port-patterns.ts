/** Settings of ports by their names: a name, or a pattern in which `*` stands for any part of one. */
import { z } from "zod";
import { PortOptions, portConflict } from "./port-options.js";

/** A port's name is what this is about. */
const Settings = PortOptions.omit({ name: true }).superRefine((options, context) => {
  const conflict = portConflict(options);
  if (conflict !== null) context.addIssue({ code: "custom", ...conflict });
});

export const PortPatterns = z.record(
  z.string().regex(/^[A-Za-z0-9._*-]{1,63}$/, "a port's name, in which '*' stands for any part"),
  Settings,
);
export type PortPatterns = z.output<typeof PortPatterns>;

/** Of these at most one says what a port's VLANs are; who says one means all. */
const VLAN_KEYS = ["vlan", "trunk", "native", "serviceTags", "tunnel"] as const;

/** The settings of the port of this name: of patterns that fit, in their order, then of its name, then `own`. */
export function settledOptions(name: string, patterns: PortPatterns, own: PortOptions): PortOptions {
  const fitting = Object.entries(patterns).filter(([pattern]) => pattern !== name && fits(pattern, name));
  const named = Object.hasOwn(patterns, name) ? [patterns[name]!] : [];
  return [...fitting.map(([, options]) => options), ...named, own].reduce<PortOptions>(
    (settled, options) => ({ ...(saysVlans(options) ? withoutVlans(settled) : settled), ...options }),
    {},
  );
}

function saysVlans(options: PortOptions): boolean {
  return VLAN_KEYS.some((key) => options[key] !== undefined);
}

function withoutVlans(options: PortOptions): PortOptions {
  const isOther = ([key]: [string, unknown]): boolean => !VLAN_KEYS.some((vlanKey) => vlanKey === key);
  return Object.fromEntries(Object.entries(options).filter(isOther));
}

/** Whether the name fits the pattern. Takes the first place for each part: that leaves the most for those behind it. */
export function fits(pattern: string, name: string): boolean {
  const [first, ...others] = pattern.split("*") as [string, ...string[]];
  const last = others.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= name.length;
}

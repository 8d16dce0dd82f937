/**
 * What a network can be told, besides what all of a switch can: at the top for every network, under `networks.NAME` for
 * one. An option is a line here; what it means is in `daemon/network/protections.ts`.
 */
import { z } from "zod";
import { ABOUT } from "./about.js";
import { GUARD_OPTIONS } from "./guard-options.js";
import { MulticastOptions } from "./multicast-options.js";
import { PortPatterns } from "./port-patterns.js";
import { TREE_OPTIONS } from "./tree-options.js";

/** Each has a default, or may be left out. */
export const NETWORK_OPTIONS = {
  ports: PortPatterns.prefault({}).register(ABOUT, {
    description: 'settings of ports by name, as "uplink-*"; later ones count more, and a whole name most',
    given: "file",
  }),
  multicast: MulticastOptions.optional().register(ABOUT, {
    description: "multicast only where somebody listens",
    given: "file",
    otherwise: "everywhere",
  }),
  ...GUARD_OPTIONS,
  ...TREE_OPTIONS,
};

const All = z.object(NETWORK_OPTIONS);
export type NetworkOptions = z.output<typeof All>;

type Own<Shape extends Record<string, z.ZodType>> = {
  [Key in keyof Shape]: z.ZodOptional<z.ZodType<z.output<Shape[Key]>>>;
};

/** The same for one network, where what is left out is as at the top. */
export const OWN_NETWORK_OPTIONS = Object.fromEntries(
  Object.entries(NETWORK_OPTIONS).map(([key, type]) => [key, ownOf(type)]),
) as Own<typeof NETWORK_OPTIONS>;

type OwnOptions = { readonly [Key in keyof NetworkOptions]?: NetworkOptions[Key] | undefined };

/** What holds for a network: its own options, else those of all. Its patterns of ports come behind those of all. */
export function ownOptions(all: NetworkOptions, own: OwnOptions = {}): NetworkOptions {
  const keys = Object.keys(NETWORK_OPTIONS) as (keyof NetworkOptions)[];
  const said = keys
    .map((key) => [key, own[key] ?? all[key]] as const)
    .filter(([, value]) => value !== undefined);
  const settled = Object.fromEntries(said) as NetworkOptions;
  const others = Object.entries(all.ports).filter(([pattern]) => own.ports?.[pattern] === undefined);
  return { ...settled, ports: { ...Object.fromEntries(others), ...own.ports } };
}

function ownOf(type: z.ZodType): z.ZodType {
  const inner =
    type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodOptional
      ? (type.unwrap() as z.ZodType)
      : type;
  return inner.optional().register(ABOUT, ABOUT.get(type)!);
}

/** What differs between two configurations: pure, so that all of it can be tested. */
import { isDeepStrictEqual } from "node:util";
import type { StreamEndpoint } from "./endpoint/endpoint.js";

/** Keys whose values differ, in the order of the later one. */
export function changedKeys<Config extends object>(before: Config, after: Config): (keyof Config & string)[] {
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]) as Set<keyof Config & string>;
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key]));
}

export interface ListChange<Item> {
  readonly added: readonly Item[];
  readonly removed: readonly Item[];
  /** The same thing with other options: before and after. */
  readonly changed: readonly (readonly [Item, Item])[];
}

/** Tells things apart by what `nameOf` answers. */
export function listChange<Item>(
  before: readonly Item[],
  after: readonly Item[],
  nameOf: (item: Item, index: number) => string,
): ListChange<Item> {
  const earlier = new Map(before.map((item, index) => [nameOf(item, index), item]));
  const later = new Map(after.map((item, index) => [nameOf(item, index), item]));
  const both = [...later].flatMap(([name, item]) =>
    earlier.has(name) ? [[earlier.get(name)!, item] as const] : [],
  );
  return {
    added: [...later].filter(([name]) => !earlier.has(name)).map(([, item]) => item),
    removed: [...earlier].filter(([name]) => !later.has(name)).map(([, item]) => item),
    changed: both.filter(([one, other]) => !isDeepStrictEqual(one, other)),
  };
}

/** What makes it the same listener: its address. A port that the kernel chooses is known by its place in the list. */
export function listenerName(endpoint: StreamEndpoint, index: number): string {
  if (endpoint.fd !== undefined) return `fd ${endpoint.fd}`;
  if (endpoint.kind === "unix") return endpoint.path;
  return endpoint.port === 0 ? `any port, listen[${index}]` : `${endpoint.host} ${endpoint.port}`;
}

/** Whether those who came in by it would now come in elsewhere, otherwise, or not at all. */
export function leadsElsewhere(before: StreamEndpoint, after: StreamEndpoint): boolean {
  const differs = (key: "kind" | "network" | "raw"): boolean => before[key] !== after[key];
  if (differs("kind") || differs("network") || differs("raw")) return true;
  // A port has its rules for life.
  return !isDeepStrictEqual(before.portOptions, after.portOptions);
}

/** Whether TLS would judge those who came in by it by other files. */
export function changesCertificates(before: StreamEndpoint, after: StreamEndpoint): boolean {
  if (before.kind !== "tls" || after.kind !== "tls") return false;
  return (["ca", "crl", "cert", "key"] as const).some((file) => before[file] !== after[file]);
}

/**
 * JSON values that are in order but for one place: the input that a careless reader lets through. Which ones are
 * wrong is for the test to say, by rules of its own; some changes do no harm.
 */
import fc from "fast-check";

type Path = readonly (string | number)[];
type Change = (old: unknown) => unknown;

const REMOVED = Symbol("removed");
/** Values at and around bounds, and those that only look like what is expected. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  "",
  "x",
  "1",
  -1,
  0,
  1,
  0.5,
  4_094,
  4_095,
  65_536,
  65_537,
  1e13,
  "a b",
  "a\n",
  "-a",
  "\u202e",
  "é",
  "a".repeat(63),
  "a".repeat(64),
  "a".repeat(201),
  [],
  ["a"],
  [null],
  Array(33).fill("a"),
  Array(257).fill("02:00:00:00:00:01"),
  {},
  { toString: 1 },
  "__proto__",
  "10.0.0.1/24",
  "fe80::1%eth0",
  "02-00-00-00-00-01",
  "02:00:00:00:00:0G",
  "2023-02-30T00:00:00Z",
  "yesterday",
];
const CHANGES: readonly Change[] = [
  () => REMOVED,
  (old) => (typeof old === "string" ? `${old}\n` : old),
  (old) => (typeof old === "string" ? ` ${old}` : old),
  (old) => (typeof old === "string" ? `${old}\u0000` : old),
  (old) => (typeof old === "string" ? old + old : old),
  (old) => (typeof old === "number" ? -old : old),
  (old) => (typeof old === "number" ? old + 0.5 : old),
  (old) => (typeof old === "number" ? String(old) : old),
  (old) => [old],
  (old) => extended(old, "extra"),
  (old) => extended(old, "__proto__"),
  ...ODD.map((odd) => () => odd),
];

/** One of `good`, as it is or changed in one place. */
export function altered(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.constantFrom<Change>((old) => old, ...CHANGES);
  return fc.tuple(good, fc.nat(), change).map(([value, at, made]) => {
    const paths = [...pathsOf(value, [])];
    return changed(value, paths[at % paths.length]!, made);
  });
}

function* pathsOf(value: unknown, path: Path): Generator<Path> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [key, inner] of entries) yield* pathsOf(inner, [...path, key]);
}

function changed(value: unknown, [key, ...rest]: Path, change: Change): unknown {
  if (key === undefined) return gone(change(value)) ? null : change(value);
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  const inner = rest.length === 0 ? change(copy[key]) : changed(copy[key], rest, change);
  if (!gone(inner)) copy[key] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

function gone(value: unknown): boolean {
  return value === REMOVED;
}

function extended(old: unknown, key: string): unknown {
  if (typeof old !== "object" || old === null || Array.isArray(old)) return old;
  const copy = { ...old };
  Object.defineProperty(copy, key, { value: { network: "x" }, enumerable: true, configurable: true });
  return copy;
}

/**
 * How many cases the generated-input tests run and from which seed, so that a failure can be run again:
 * `TAPSWITCH_FUZZ_SEED=123 TAPSWITCH_FUZZ_RUNS=1000 node --test ...`. fast-check prints the seed and the smallest
 * failing case as well.
 */
import fc, { type IAsyncProperty, type IProperty } from "fast-check";

/** Cases of each property (`TAPSWITCH_FUZZ_RUNS`). */
export const runs = wholeNumber("TAPSWITCH_FUZZ_RUNS", 20_000);
/** Where the generators start (`TAPSWITCH_FUZZ_SEED`); random unless given. */
export const seed = wholeNumber("TAPSWITCH_FUZZ_SEED", Math.floor(Math.random() * 0x7fff_ffff));

console.log(`generated cases: TAPSWITCH_FUZZ_SEED=${seed} TAPSWITCH_FUZZ_RUNS=${runs}`);

/** Runs a property on `runs` generated cases. */
export function check<T>(property: IAsyncProperty<T>): Promise<void>;
export function check<T>(property: IProperty<T>): void;
export function check<T>(property: IAsyncProperty<T> | IProperty<T>): Promise<void> | void {
  return fc.assert(property as IProperty<T>, { seed, numRuns: runs });
}

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${name}: '${text}' is no whole number`);
  return value;
}

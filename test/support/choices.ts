/**
 * Decisions for tests on generated input, drawn one after another. Drawn from a script of bytes that fast-check
 * makes, a failing case shrinks to the shortest script that still fails; drawn from a seed, there is no end to them.
 */
import fc from "fast-check";

export class Choices {
  readonly #draw: () => number;
  #left: number;

  private constructor(draw: () => number, left: number) {
    this.#draw = draw;
    this.#left = left;
  }

  /** Every choice after the script's end is 0. */
  static from(script: Uint8Array): Choices {
    let at = 0;
    return new Choices(() => ((script[at++] ?? 0) << 8) | (script[at++] ?? 0), script.length >>> 1);
  }

  /** [xorshift32, Marsaglia 2003] */
  static seeded(seed: number): Choices {
    let state = (seed ^ 0x9e3779b9) | 1;
    const draw = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
    return new Choices(draw, Number.POSITIVE_INFINITY);
  }

  /** True once the script has been used up. */
  get spent(): boolean {
    return this.#left <= 0;
  }

  /** A whole number from 0 to `limit` - 1; from a script `limit` may be 65,536 at most. */
  below(limit: number): number {
    this.#left--;
    return this.#draw() % limit;
  }

  /** True once in `times`, and never for a script at its end. */
  onceIn(times: number): boolean {
    return this.below(times) === times - 1;
  }

  /** One of these; the first is the simplest. */
  of<Item>(...items: Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

/** Scripts for at most this many choices. */
export function scripts(choices: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength: choices * 2, size: "max" });
}

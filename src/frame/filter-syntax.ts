/**
 * Reads a filter expression. The language is that of tcpdump, as far as it goes: `and` and `or` have the same rank and
 * group from the left, `not` binds closest, and a value without a keyword takes the keywords of the one before
 * (`port 80 or 443`).
 */

import { TapswitchError } from "../errors.js";
import { primaryTest } from "./filter-primary.js";
import { type Qualifiers, readValue } from "./filter-qualified.js";
import type { Expression } from "./filter-tests.js";
import { filterError, filterTokens, type Token } from "./filter-tokens.js";

/** Parentheses and negations within each other. */
export const MAX_FILTER_DEPTH = 64;
/** Tests in one filter; each may cost every frame some nanoseconds. */
export const MAX_FILTER_TESTS = 512;

/** Throws `usage`, naming the column. */
export function parseFilter(text: string): Expression {
  return new FilterParser(filterTokens(text)).parse();
}

export class FilterParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #tests = 0;
  /** Keywords of the last value. */
  last: Qualifiers | null = null;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.expression(null);
    if (this.peek() !== "") throw this.expected("'and', 'or' or the end");
    return expression;
  }

  /** The token at hand, or one further on. */
  peek(ahead = 0): string {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!.text;
  }

  next(): string {
    const text = this.peek();
    if (text !== "") this.#at++;
    return text;
  }

  /** Steps over the token if it is one of these, and answers which. */
  take(...words: readonly string[]): string | undefined {
    return words.includes(this.peek()) ? this.next() : undefined;
  }

  expected(what: string): TapswitchError {
    const { text, column } = this.#tokens[this.#at]!;
    return filterError(column, what, text);
  }

  /** With `only` keywords given, nothing but values for them may stand here. */
  expression(only: Qualifiers | null): Expression {
    let left = this.#operand(only);
    for (;;) {
      const kind = this.take("and", "or");
      if (kind === undefined) return left;
      left = { kind: kind as "and" | "or", left, right: this.#operand(only) };
    }
  }

  #operand(only: Qualifiers | null): Expression {
    if (this.take("not") !== undefined) return { kind: "not", of: this.#nested(() => this.#operand(only)) };
    if (this.take("(") !== undefined) return this.#parenthesis(only);
    if (++this.#tests > MAX_FILTER_TESTS)
      throw new TapswitchError("usage", `the filter has more than ${MAX_FILTER_TESTS} tests`);
    return only === null ? primaryTest(this) : readValue(this, only);
  }

  /** What follows keywords: one value, or several in parentheses. */
  values(qualifiers: Qualifiers): Expression {
    this.last = qualifiers;
    return this.take("(") === undefined ? readValue(this, qualifiers) : this.#parenthesis(qualifiers);
  }

  #parenthesis(only: Qualifiers | null): Expression {
    const inner = this.#nested(() => this.expression(only));
    if (this.take(")") === undefined) throw this.expected("'and', 'or' or ')'");
    return inner;
  }

  #nested(read: () => Expression): Expression {
    if (++this.#depth > MAX_FILTER_DEPTH)
      throw new TapswitchError("usage", `the filter is nested more than ${MAX_FILTER_DEPTH} deep`);
    const inner = read();
    this.#depth--;
    return inner;
  }
}

/** The words of a filter expression, each with the column that it starts in. */
import { TapswitchError } from "../errors.js";

/** Longest expression, characters: a few hundred addresses. */
export const MAX_FILTER_LENGTH = 8_192;

export interface Token {
  /** "and", "or", "not", "(", ")", a word in small letters, or "" at the end. */
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

/** Spellings of one meaning. A backslash stands before names that other programs take for keywords. */
const SAME: ReadonlyMap<string, string> = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["!", "not"],
]);

/** Cuts `text` into tokens, the last one empty. Throws `usage`. */
export function filterTokens(text: string): Token[] {
  if (text.length > MAX_FILTER_LENGTH) {
    throw new TapswitchError("usage", `the filter is longer than ${MAX_FILTER_LENGTH} characters`);
  }
  const tokens: Token[] = [];
  const pattern = /\s*(?:(&&|\|\||[()!]|\\?[\w.:/-]+)|(\S)|$)/gy;
  for (;;) {
    const [whole = "", token, stranger] = pattern.exec(text)!;
    const column = pattern.lastIndex - whole.trimStart().length + 1;
    if (stranger !== undefined) throw filterError(column, "a word or parenthesis", stranger);
    const small = (token ?? "").toLowerCase().replace("\\", "");
    tokens.push({ text: SAME.get(small) ?? small, column });
    if (token === undefined) return tokens;
  }
}

/** Says where the filter goes wrong, what could stand there and what does. */
export function filterError(column: number, expected: string, found: string): TapswitchError {
  const there = found === "" ? "the end" : `'${found}'`;
  return new TapswitchError("usage", `filter, column ${column}: expected ${expected}, found ${there}`);
}

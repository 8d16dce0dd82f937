/** An expression as a table: tests with the places to go on at. It is made from its end, where those are known. */
import { Ask, type Expression } from "./filter-tests.js";
import { Depth } from "./frame-layout.js";

/** Words of one test: what to ask, where to go on for yes and for no, and eight arguments. */
export const STRIDE = 11;
/** Places that end it. */
export const YES = -1;
export const NO = -2;

export interface FilterCode {
  readonly words: Int32Array;
  /** Where to begin. */
  readonly entry: number;
  /** One of `Depth`: how much of a frame the tests ask about. */
  readonly depth: number;
}

export function compileExpression(expression: Expression): FilterCode {
  const words: number[] = [];
  const entry = emit(expression, YES, NO, words);
  return { words: Int32Array.from(words), entry, depth: depthOf(words) };
}

/** Adds the tests of an expression; where they begin. */
function emit(expression: Expression, yes: number, no: number, words: number[]): number {
  switch (expression.kind) {
    case "not":
      return emit(expression.of, no, yes, words);
    case "and":
      return emit(expression.left, emit(expression.right, yes, no, words), no, words);
    case "or":
      return emit(expression.left, yes, emit(expression.right, yes, no, words), words);
    default: {
      const { ask, args } = expression.test;
      const at = words.length;
      words.push(ask, yes, no, ...args, ...Array<number>(STRIDE - 3 - args.length).fill(0));
      return at;
    }
  }
}

function depthOf(words: readonly number[]): number {
  let depth: number = Depth.link;
  for (let at = 0; at < words.length; at += STRIDE) {
    const ask = words[at]!;
    if (ask === Ask.protocol || ask >= Ask.sourcePort) return Depth.transport;
    if (ask > Ask.protocol) depth = Depth.network;
  }
  return depth;
}

/** YAML that remembers where each value stands, so that whatever is wrong with one can be pointed at. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";

/** Both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlMistake {
  readonly place: Place;
  readonly message: string;
}

/** Text that stands for more of the same is meant for people, not for bombs. */
const MAX_ALIASES = 100;

type Key = string | number;

export class YamlText {
  /** Plain data; undefined where there are mistakes. */
  readonly value: unknown;
  readonly mistakes: readonly YamlMistake[];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  /** Never throws: text that is no YAML has mistakes. */
  constructor(text: string) {
    const options = { lineCounter: this.#lines, prettyErrors: false, logLevel: "error" } as const;
    this.#document = parseDocument(text, options);
    const { errors, warnings } = this.#document;
    const mistakes = [...errors, ...warnings].map(({ message, pos }) => this.#mistake(pos[0], message));
    this.value = mistakes.length > 0 ? undefined : this.#plain(mistakes);
    this.mistakes = mistakes;
  }

  /** Where the value at `path` stands, or what is nearest to it. */
  placeOf(path: readonly PropertyKey[]): Place {
    return this.#walk(path).value;
  }

  /** Where the key at the end of `path` stands. */
  placeOfKey(path: readonly PropertyKey[]): Place {
    return this.#walk(path).key;
  }

  #plain(mistakes: YamlMistake[]): unknown {
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) === undefined)
          mistakes.push(this.#mistake(alias.range![0], `there is no &${alias.source} before this`));
      },
    });
    if (mistakes.length > 0) return undefined;
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      mistakes.push(this.#mistake(0, (error as Error).message));
      return undefined;
    }
  }

  #walk(path: readonly PropertyKey[]): { value: Place; key: Place } {
    let node: unknown = this.#document.contents;
    let value = this.#place(offsetOf(node) ?? 0);
    let key = value;
    for (const step of path) {
      const [found, next] = child(this.#resolved(node), step as Key);
      const at = offsetOf(found);
      if (at === undefined) break;
      key = this.#place(at);
      value = this.#place(offsetOf(next) ?? at);
      node = next;
    }
    return { value, key };
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #mistake(offset: number, message: string): YamlMistake {
    return { place: this.#place(offset), message };
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    // Of an empty text.
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** What stands at the key or position, and what it holds. */
function child(node: unknown, step: Key): [unknown, unknown] {
  if (isSeq(node)) return [node.items[Number(step)], node.items[Number(step)]];
  if (!isMap(node)) return [undefined, undefined];
  const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
  return [pair?.key, pair?.value];
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

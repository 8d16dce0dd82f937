/** How `top` shows what it shows: what the keys change. */
import type { Flow, Picture } from "./top-history.js";

export const SORT_KEYS = ["in", "out", "drops", "frames", "macs", "name"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface TopState {
  readonly sort: SortKey;
  readonly reversed: boolean;
  /** Only this network's ports; null: all. */
  readonly network: string | null;
  readonly paused: boolean;
  readonly help: boolean;
  /** Ports above the first one that is shown. */
  readonly scroll: number;
}

export const INITIAL_STATE: TopState = {
  sort: "in",
  reversed: false,
  network: null,
  paused: false,
  help: false,
  scroll: 0,
};

/** What a key is pressed in: what is shown, and how many ports fit. */
export interface Surroundings {
  readonly networks: readonly string[];
  readonly ports: number;
  readonly rows: number;
}

type Change = (state: TopState, around: Surroundings) => Partial<TopState>;

const scroll =
  (by: (around: Surroundings) => number): Change =>
  (state, around) => ({ scroll: clamp(state.scroll + by(around), around) });
const sort =
  (step: number): Change =>
  (state) => ({ sort: around(SORT_KEYS, state.sort, step), scroll: 0 });
const pause: Change = (state) => ({ paused: !state.paused });
const help: Change = (state) => ({ help: !state.help });

/** By the names that Node gives to keys. */
const KEYS: Readonly<Record<string, Change>> = {
  s: sort(1),
  right: sort(1),
  left: sort(-1),
  r: (state) => ({ reversed: !state.reversed, scroll: 0 }),
  n: (state, { networks }) => ({ network: around([null, ...networks], state.network, 1), scroll: 0 }),
  p: pause,
  space: pause,
  h: help,
  "?": help,
  escape: () => ({ help: false }),
  up: scroll(() => -1),
  k: scroll(() => -1),
  down: scroll(() => 1),
  j: scroll(() => 1),
  pageup: scroll(({ rows }) => -rows),
  pagedown: scroll(({ rows }) => rows),
  home: scroll(() => Number.NEGATIVE_INFINITY),
  end: scroll(() => Number.POSITIVE_INFINITY),
};

/** The state after a key; the same object where the key means nothing. */
export function pressed(state: TopState, key: string, around: Surroundings): TopState {
  const change = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  return change === undefined ? state : { ...state, ...change(state, around) };
}

/** The ports to show, in order, all of them. */
export function shownFlows({ flows }: Picture, { network, sort: key, reversed }: TopState): Flow[] {
  const some = flows.filter(({ port }) => network === null || port.network === network);
  some.sort((one, other) => ORDERS[key](one, other) || byName(one, other));
  return reversed ? some.reverse() : some;
}

/** Keeps the last line of ports at the bottom at most. */
export function clamp(scrolled: number, { ports, rows }: Pick<Surroundings, "ports" | "rows">): number {
  return Math.max(0, Math.min(scrolled, ports - rows));
}

const byName = (one: Flow, other: Flow): number =>
  one.port.name.localeCompare(other.port.name, "en", { numeric: true }) || one.port.id - other.port.id;

/** What is most comes first. */
const most =
  (value: (flow: Flow) => number) =>
  (one: Flow, other: Flow): number =>
    value(other) - value(one);

const ORDERS: Readonly<Record<SortKey, (one: Flow, other: Flow) => number>> = {
  in: most(({ bitsIn }) => bitsIn),
  out: most(({ bitsOut }) => bitsOut),
  drops: most(({ drops }) => drops),
  frames: most(({ framesIn, framesOut }) => framesIn + framesOut),
  macs: most(({ port }) => port.macs),
  name: byName,
};

function around<Item>(items: readonly Item[], at: Item, step: number): Item {
  return items[(Math.max(0, items.indexOf(at)) + step + items.length) % items.length]!;
}

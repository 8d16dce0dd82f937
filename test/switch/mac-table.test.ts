import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MacPlace } from "../../src/switch/mac-place.js";
import { MacTable } from "../../src/switch/mac-table.js";
import { Choices, scripts } from "../support/choices.js";
import { check, seed } from "../support/generated.js";
import { PlainMacTable, type PlainPlace } from "./plain-mac-table.js";

const LONG_WALK = 100_000;

test("equals a plain map for any generated sequence of operations", () => {
  check(
    fc.property(scripts(150), (script) => {
      const choices = Choices.from(script);
      const pair = new Pair({
        choices,
        addresses: 24,
        maxEntries: 4 + choices.below(20),
        limits: [2, 5, 30],
      });
      while (!choices.spent) pair.step();
      pair.compareAll();
    }),
  );
});

test(`equals a plain map along ${LONG_WALK} generated steps, through growth and full tables`, () => {
  const choices = Choices.seeded(seed);
  const pair = new Pair({
    choices,
    addresses: 6_000,
    maxEntries: 2_500,
    limits: [40, 700, 4_096, 4_096, 4_096],
  });
  let largest = 0;
  // Some walks take longer to fill the table.
  for (let step = 1; step <= LONG_WALK || (largest < 2_500 && step <= 10 * LONG_WALK); step++) {
    pair.step();
    largest = Math.max(largest, pair.size);
    if (step % 5_000 === 0) pair.compareAll();
  }
  assert.ok(largest >= 2_500, "the walk has filled the table");
  assert.ok(largest < 2_600, `${largest} entries: only fixed ones go beyond the limit`);
});

test("tells addresses apart that differ in one bit of VLAN, upper or lower half", () => {
  const table = new MacTable<string>({ maxEntries: 1_000, ageMs: 1 });
  const keys: [number, number, number][] = [[0, 0, 0]];
  for (let bit = 0; bit < 12; bit++) keys.push([1 << bit, 0, 0]);
  for (let bit = 0; bit < 16; bit++) keys.push([0, 1 << bit, 0]);
  for (let bit = 0; bit < 32; bit++) keys.push([0, 0, 1 << bit]);
  keys.push([0xfff, 0xffff, -1]);
  for (const [vlan, high, low] of keys) {
    const place = table.addPlace(`${vlan}/${high}/${low}`, 1);
    assert.equal(table.learn(vlan, high, low, place, 0), "new");
  }
  for (const [vlan, high, low] of keys) assert.equal(table.lookup(vlan, high, low), `${vlan}/${high}/${low}`);
});

test("lists VLAN, address, owner and age of each entry", () => {
  const table = new MacTable<string>({ maxEntries: 10, ageMs: 1_000 });
  table.learn(4_095, 0xfeff, -2, table.addPlace("here", 1), 100);
  assert.deepEqual(
    [...table.entries(350)],
    [{ vlan: 4_095, high: 0xfeff, low: -2, owner: "here", fixed: false, ageMs: 250 }],
  );
});

test("answers how many entries a place had when it is forgotten", () => {
  const table = new MacTable<string>({ maxEntries: 10, ageMs: 1_000 });
  const [one, other] = [table.addPlace("one", 9), table.addPlace("other", 9)];
  for (let low = 0; low < 5; low++) table.learn(0, 0x0200, low, low < 3 ? one : other, 0);
  assert.equal(table.forget(one), 3);
  assert.equal(table.size, 2);
  const heir = table.addPlace("heir", 9);
  assert.equal(heir.id, one.id, "numbers are used again");
  assert.equal(table.lookup(0, 0x0200, 1), undefined);
  assert.equal(table.lookup(0, 0x0200, 4), "other");
});

/** A table and its plain model, driven by the same steps. */
class Pair {
  readonly #choices: Choices;
  readonly #addresses: number;
  readonly #limits: readonly number[];
  readonly #table: MacTable<PlainPlace>;
  readonly #plain: PlainMacTable;
  readonly #places: { real: MacPlace<PlainPlace>; plain: PlainPlace }[] = [];
  #now = 0;

  constructor(options: {
    choices: Choices;
    addresses: number;
    maxEntries: number;
    limits: readonly number[];
  }) {
    const ageMs = 20_000;
    this.#choices = options.choices;
    this.#addresses = options.addresses;
    this.#limits = options.limits;
    this.#table = new MacTable({ maxEntries: options.maxEntries, ageMs });
    this.#plain = new PlainMacTable(options.maxEntries, ageMs);
    for (const limit of options.limits) this.#addPlace(limit);
  }

  get size(): number {
    return this.#plain.entries.size;
  }

  step(): void {
    this.#now += this.#choices.onceIn(8) ? this.#choices.of(1, 500, 1_001, 5_000, 20_000) : 0;
    const kind = this.#choices.below(this.#addresses);
    if (kind === 1) this.#sweep();
    else if (kind === 2) this.#drop();
    else if (kind === 4) this.#fix();
    else if (kind === 5) this.#flush();
    else if (kind % 5 === 3) this.#lookup(this.#address());
    else this.#learn();
    assert.equal(this.#table.size, this.size);
  }

  compareAll(): void {
    const entries = [...this.#table.entries(this.#now)];
    assert.equal(entries.length, this.size);
    for (const { vlan, high, low, owner, fixed, ageMs } of entries) {
      const entry = this.#plain.entries.get(keyOf([vlan, high, low]));
      assert.equal(owner, entry?.place);
      assert.equal(fixed, entry!.fixed);
      assert.equal(ageMs, fixed ? 0 : this.#now - entry!.seen);
    }
    for (let number = 0; number < this.#addresses; number++) this.#lookup(addressOf(number));
    for (const { real, plain } of this.#places) assert.equal(real.order.size, plain.order.size);
  }

  #learn(): void {
    const address = this.#address();
    const { real, plain } = this.#choices.of(...this.#places);
    const answer = this.#table.learn(...address, real, this.#now);
    const gone = (key: string): boolean => this.#table.lookup(...fromKey(key)) === undefined;
    assert.equal(answer, this.#plain.learn(keyOf(address), plain, this.#now, gone));
    if (answer !== "new" && answer !== "known") assert.equal(this.#table.previous, this.#plain.previous);
    this.#lookup(address);
  }

  #lookup(address: Address): void {
    assert.equal(this.#table.lookup(...address), this.#plain.lookup(keyOf(address)));
  }

  #sweep(): void {
    const aged: string[] = [];
    const swept = this.#table.sweep(this.#now, ({ vlan, high, low }) => aged.push(keyOf([vlan, high, low])));
    for (const key of aged) assert.ok(this.#plain.entries.has(key));
    assert.equal(swept, aged.length);
    assert.equal(this.#plain.sweep(this.#now), swept);
    for (const key of aged) assert.ok(!this.#plain.entries.has(key));
  }

  /** An address is put somewhere by hand, or is no longer. */
  #fix(): void {
    const address = this.#address();
    if (this.#choices.onceIn(2)) {
      assert.equal(this.#table.unfix(...address), this.#plain.unfix(keyOf(address)));
      return;
    }
    const { real, plain } = this.#choices.of(...this.#places);
    this.#table.fix(...address, real);
    this.#plain.fix(keyOf(address), plain);
    this.#lookup(address);
  }

  /** Some of the learned addresses go: of one VLAN, one place, one MAC, or all of these. */
  #flush(): void {
    const [vlan, high, low] = this.#address();
    const { real, plain } = this.#choices.of(...this.#places);
    const [byVlan, byMac, byPlace] = [1, 2, 3].map(() => this.#choices.onceIn(2));
    const filter = {
      ...(byVlan && { vlan }),
      ...(byMac && { mac: { high, low } }),
      ...(byPlace && { place: real }),
    };
    const fits = (key: string, place: PlainPlace): boolean => {
      const [itsVlan, itsHigh, itsLow] = fromKey(key);
      return (
        (!byVlan || itsVlan === vlan) &&
        (!byMac || (itsHigh === high && itsLow === low)) &&
        (!byPlace || place === plain)
      );
    };
    const listed = [...this.#table.entries(this.#now, filter)].map((one) =>
      keyOf([one.vlan, one.high, one.low]),
    );
    const wanted = [...this.#plain.entries]
      .filter(([key, { place }]) => fits(key, place))
      .map(([key]) => key);
    assert.deepEqual(listed.sort(), wanted.sort());
    assert.equal(this.#table.flush(filter), this.#plain.flush(fits));
  }

  /** A place loses its entries, and perhaps goes and comes back as another. */
  #drop(): void {
    const index = this.#choices.below(this.#places.length);
    const { real, plain } = this.#places[index]!;
    if (this.#choices.onceIn(2)) {
      assert.equal(this.#table.clear(real), this.#plain.clear(plain));
      return;
    }
    assert.equal(this.#table.forget(real), this.#plain.forget(plain));
    this.#places.splice(index, 1);
    this.#addPlace(this.#choices.of(...this.#limits));
  }

  #addPlace(limit: number): void {
    const plain = this.#plain.addPlace(limit);
    this.#places.push({ real: this.#table.addPlace(plain, limit), plain });
  }

  #address(): Address {
    return addressOf(this.#choices.below(this.#addresses));
  }
}

type Address = [vlan: number, high: number, low: number];

/** Some in the same VLAN, some with the same halves. */
function addressOf(number: number): Address {
  return [[0, 1, 4_095][number % 3]!, 0x0200 | (number % 2), Math.imul(number >>> 1, -0x01010101)];
}

function keyOf(address: Address): string {
  return address.map((part) => part | 0).join("/");
}

function fromKey(key: string): Address {
  return key.split("/").map(Number) as Address;
}

test("a place that may learn less keeps what it has seen last, and one that may learn more has room at once", () => {
  const table = new MacTable<string>({ maxEntries: 100, ageMs: 1_000 });
  const place = table.addPlace("port", 10);
  for (let low = 0; low < 10; low++) table.learn(0, 0x0200, low, place, low);
  table.learn(0, 0x0200, 2, place, 5_000);
  table.limit(place, 3);
  const left = [...table.entries(5_000)].map(({ low }) => low).sort();
  assert.deepEqual(left, [2, 8, 9]);
  table.learn(0, 0x0200, 50, place, 5_001);
  assert.equal(table.lookup(0, 0x0200, 8), undefined, "the least recently seen goes next");
  assert.equal(table.size, 3);
  table.limit(place, 5);
  for (let low = 60; low < 70; low++) table.learn(0, 0x0200, low, place, 6_000);
  assert.equal(table.size, 5);
  assert.equal(table.forget(place), 5);
});

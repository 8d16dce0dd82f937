/** One network of the topology: the switch, a branch to each port that is shown, and lamps for all where they are many. */
import type { HostView } from "../control/host-api.js";
import { ALL_ROWS, BUSY_ROWS, busiest, matches } from "./choice.js";
import { h, KeyedList, setAttribute, setText } from "./dom.js";
import { formatCount, formatRate } from "./format.js";
import type { NetworkState, PortState } from "./model.js";
import { PortRow, type RowActions } from "./port-row.js";
import { Tiles } from "./tiles.js";

/** The busiest ports are looked for so often, in seconds. */
const CHOOSE_EVERY_S = 5;

/** What a network shows. */
export interface BlockContent {
  readonly network: NetworkState;
  readonly search: string;
  /** The key of the port that was chosen. */
  readonly chosen: string;
  readonly second: number;
  /** Hosts by the key of their port. */
  readonly hosts: ReadonlyMap<string, readonly HostView[]>;
}

export class NetworkBlock {
  readonly element: HTMLDetailsElement;
  readonly #name = h("span", { class: "network-name" });
  readonly #facts = h("span", { class: "facts" });
  readonly #note = h("p", { class: "note" });
  readonly #head = h("p", { class: "row-head", "aria-hidden": "true" });
  readonly #rows: KeyedList<PortState, PortRow>;
  readonly #tiles: Tiles;
  readonly #legend = legend();
  #shown: readonly PortState[] = [];
  #busy: ReadonlySet<string> = new Set();
  #chosenAt = Number.NEGATIVE_INFINITY;

  constructor(open: boolean, actions: RowActions) {
    const rows = h("ol", { class: "ports" });
    this.#rows = new KeyedList(
      rows,
      (port) => port.key,
      (port) => new PortRow(port, actions),
    );
    this.#tiles = new Tiles((key) => actions.choose(key));
    for (const word of ["Port", "Last minute", "In", "Out", "Drops/s", "Hosts behind it"])
      this.#head.append(h("span", {}, word));
    this.element = h(
      "details",
      { class: "network", open },
      h("summary", {}, this.#name, this.#facts),
      ...[this.#head, rows, this.#note, this.#tiles.element, this.#legend],
    );
  }

  /** Keys of the ports whose hosts are shown. */
  get places(): string[] {
    return this.element.open ? this.#shown.filter(({ view }) => view.macs > 0).map(({ key }) => key) : [];
  }

  show(content: BlockContent): void {
    const { network, chosen, second, hosts } = content;
    const { name, ports, macs, rates } = network;
    setText(this.#name, name);
    const facts = [plural(ports.length, "port"), plural(macs, "address"), `${formatRate(rates.in)} in`];
    setText(this.#facts, facts.join(" · "));
    if (!this.element.open) return;
    this.#shown = this.#choose(content);
    this.#rows.show(this.#shown, (row, port) =>
      row.show({ port, hosts: hosts.get(port.key) ?? [], second, chosen: port.key === chosen }),
    );
    const many = ports.length > ALL_ROWS;
    setAttribute(this.#head, "hidden", this.#shown.length === 0);
    for (const element of [this.#tiles.element, this.#legend]) setAttribute(element, "hidden", !many);
    if (many) this.#tiles.show(ports, chosen);
  }

  /** The rows of now, and a note on what is left out. */
  #choose({ network: { ports }, search, second, chosen }: BlockContent): readonly PortState[] {
    if (search !== "") {
      const found = ports.filter((port) => matches(port, search));
      const left = found.length > ALL_ROWS ? `, the first ${ALL_ROWS} are shown` : "";
      setText(this.#note, `${formatCount(found.length)} of ${plural(ports.length, "port")} match${left}`);
      return found.slice(0, ALL_ROWS);
    }
    setText(this.#note, note(ports.length));
    if (ports.length <= ALL_ROWS) return ports;
    if (second - this.#chosenAt >= CHOOSE_EVERY_S) {
      this.#busy = new Set(busiest(ports, BUSY_ROWS, this.#busy).map(({ key }) => key));
      this.#chosenAt = second;
    }
    return ports.filter(({ key }) => this.#busy.has(key) || key === chosen);
  }
}

function note(ports: number): string {
  if (ports === 0) return "No port yet.";
  return ports > ALL_ROWS ? `Above, the ${BUSY_ROWS} busiest; below, all ${formatCount(ports)} ports` : "";
}

function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${formatCount(count)} ${noun}${noun.endsWith("s") ? "es" : "s"}`;
}

function legend(): HTMLElement {
  const entries: [level: string, text: string][] = [
    ["0", "silent"],
    ["1", "any"],
    ["2", "10 kbit/s"],
    ["3", "1 Mbit/s"],
    ["4", "100 Mbit/s and more"],
  ];
  const lamp = (attributes: Record<string, string | boolean>, text: string): HTMLElement =>
    h("span", {}, h("i", { class: "tile", ...attributes }), text);
  return h(
    "p",
    { class: "legend", "aria-hidden": "true" },
    ...entries.map(([level, text]) => lamp({ "data-up": true, "data-level": level }, text)),
    lamp({ "data-up": true, "data-level": "0", "data-drops": true }, "drops frames"),
    lamp({ "data-level": "0" }, "down"),
  );
}

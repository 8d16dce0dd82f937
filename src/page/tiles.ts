/** All ports of a large network as the front of a switch: one small lamp each, in the order of their numbers. */
import { levelOf } from "./choice.js";
import { h, KeyedList, setAttribute } from "./dom.js";
import { formatRate } from "./format.js";
import type { PortState } from "./model.js";

interface Tile {
  readonly element: HTMLButtonElement;
  port: PortState;
}

export class Tiles {
  readonly element = h("div", { class: "tiles", role: "group", "aria-label": "All ports" });
  readonly #list: KeyedList<PortState, Tile>;
  /** The one that the Tab key stops at; the arrow keys lead to the others. */
  #current = "";

  constructor(choose: (key: string) => void) {
    this.#list = new KeyedList(
      this.element,
      (port) => port.key,
      (port) => {
        const element = h("button", { type: "button", class: "tile", tabindex: "-1" });
        const tile = { element, port };
        element.addEventListener("click", () => choose(tile.port.key));
        element.addEventListener("focus", () => this.#stopAt(tile));
        return tile;
      },
    );
    this.element.addEventListener("keydown", (event) => this.#walk(event));
  }

  show(ports: readonly PortState[], chosen: string): void {
    if (!ports.some(({ key }) => key === this.#current)) this.#current = ports[0]?.key ?? "";
    this.#list.show(ports, (tile, port) => {
      tile.port = port;
      const { view, rates, dropRate } = port;
      const said = view.up ? `${formatRate(rates.in)} in, ${formatRate(rates.out)} out` : "down";
      const { element } = tile;
      setAttribute(element, "title", `${view.name}: ${said}`);
      setAttribute(element, "aria-label", `${view.name}, ${view.up ? "up" : "down"}`);
      setAttribute(element, "aria-pressed", String(port.key === chosen));
      setAttribute(element, "data-up", view.up);
      setAttribute(element, "data-level", String(levelOf(port)));
      setAttribute(element, "data-drops", dropRate > 0);
      setAttribute(element, "tabindex", port.key === this.#current ? "0" : "-1");
    });
  }

  #stopAt(tile: Tile): void {
    this.element.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    tile.element.setAttribute("tabindex", "0");
    this.#current = tile.port.key;
  }

  #walk(event: KeyboardEvent): void {
    const all = [...this.element.children] as HTMLElement[];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ...this.#steps(all), Home: -at, End: all.length - 1 - at }[event.key];
    if (at < 0 || to === undefined || all[at + to] === undefined) return;
    event.preventDefault();
    all[at + to]!.focus();
  }

  /** Up and down go by what the grid has in a line now. */
  #steps(all: readonly HTMLElement[]): Record<string, number> {
    const line = all.filter(({ offsetTop }) => offsetTop === all[0]!.offsetTop).length;
    return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -line, ArrowDown: line };
  }
}

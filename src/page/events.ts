/** What happens in the switch, the latest first. */
import type { EventView } from "../control/inspect-api.js";
import { byId, h, setAttribute } from "./dom.js";
import { formatTime } from "./format.js";
import { followEvents } from "./live.js";

const KEPT = 200;

/** Events that somebody should look at. */
const SERIOUS: ReadonlySet<string> = new Set([
  ...["mac-flapping", "mac-limit", "frames-refused", "drops", "auth-failed", "shut-out", "turned-away"],
  "uplink-down",
]);

export class Events {
  readonly #list = byId("event-list");
  readonly #search = byId<HTMLInputElement>("event-search");
  readonly #none = byId("event-none");
  #last = 0;

  constructor() {
    this.#search.addEventListener("input", () => {
      for (const line of this.#list.children) this.#filter(line);
    });
    void followEvents(KEPT, (event) => this.#add(event));
  }

  #add(event: EventView): void {
    const isAgain = event.seq <= this.#last && this.#list.querySelector(`[data-seq="${event.seq}"]`) !== null;
    if (isAgain) return;
    if (event.seq < this.#last) this.#list.replaceChildren(); // the switch has started anew
    this.#last = event.seq;
    const line = lineOf(event);
    this.#filter(line);
    this.#list.prepend(line);
    if (this.#list.childElementCount > KEPT) this.#list.lastElementChild!.remove();
    this.#none.hidden = true;
  }

  #filter(line: Element): void {
    const words = this.#search.value.toLowerCase().split(/\s+/);
    const text = line.textContent!.toLowerCase();
    setAttribute(line, "hidden", !words.every((word) => text.includes(word)));
  }
}

function lineOf({ seq, at, type, network, message, leftOut }: EventView): HTMLElement {
  const more = leftOut === undefined ? "" : ` (and ${leftOut} more)`;
  return h(
    "li",
    { "data-seq": String(seq), "data-serious": SERIOUS.has(type) },
    h("time", { datetime: at, title: at }, formatTime(at)),
    h("span", { class: "type" }, type),
    h("span", { class: "message" }, message + more),
    ...(network === undefined ? [] : [h("span", { class: "where" }, network)]),
  );
}

/** The addresses that the switch has learned, searched by the switch: there may be many thousands. */
import type { HostView } from "../control/host-api.js";
import { byId, h, KeyedList, setText } from "./dom.js";
import { formatCount, formatDuration } from "./format.js";
import { ask } from "./live.js";
import { keyOf } from "./model.js";

/** Rows of the table; who has more narrows the search. */
const SHOWN = 200;
/** The table is asked for again so often, and this long after the last key. */
const AGAIN_MS = 2_000;
const TYPED_MS = 150;

export class Addresses {
  readonly #search = byId<HTMLInputElement>("address-search");
  readonly #note = byId("address-note");
  readonly #rows: KeyedList<HostView, AddressRow>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #total = 0;

  /** `choose` is told the key of a port that was clicked. */
  constructor(choose: (key: string) => void) {
    this.#rows = new KeyedList(
      byId("address-rows"),
      ({ network, vlan, mac }) => `${network} ${vlan} ${mac}`,
      () => new AddressRow(choose),
    );
    this.#search.addEventListener("input", () => this.#ask(TYPED_MS));
    document.addEventListener("visibilitychange", () => this.#ask(0));
    this.#ask(0);
  }

  /** How many addresses there are in all. */
  count(total: number): void {
    this.#total = total;
  }

  /** Looks for these words. */
  search(words: string): void {
    this.#search.value = words;
    this.#search.focus();
    this.#ask(0);
  }

  #ask(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#show(), afterMs);
  }

  async #show(): Promise<void> {
    const search = this.#search.value.trim();
    try {
      if (!document.hidden) {
        const query = new URLSearchParams({ search, limit: String(SHOWN) });
        const hosts = await ask<HostView[]>("/v1/hosts", query);
        if (search !== this.#search.value.trim()) return;
        this.#rows.show(hosts, (row, host) => row.show(host));
        setText(this.#note, note(hosts.length, search, this.#total));
      }
    } catch {
      // The header says that the switch does not answer.
    }
    this.#ask(AGAIN_MS);
  }
}

function note(shown: number, search: string, total: number): string {
  if (shown === 0) return search === "" ? "No address has been learned yet." : "No address matches.";
  if (shown < SHOWN) return search === "" ? "" : `${formatCount(shown)} match`;
  return search === ""
    ? `The first ${SHOWN} of ${formatCount(total)}: search for others`
    : `The first ${SHOWN} matches`;
}

class AddressRow {
  readonly element: HTMLTableRowElement;
  readonly #mac = h("td", { class: "mac" });
  readonly #ips = h("td", { class: "ip" });
  readonly #port = h("button", { type: "button", class: "link" });
  readonly #vlan = h("td", { class: "number" });
  readonly #seen = h("td", { class: "number" });
  #host: HostView | null = null;

  constructor(choose: (key: string) => void) {
    this.element = h("tr", {}, this.#mac, this.#ips, h("td", {}, this.#port), this.#vlan, this.#seen);
    this.#port.addEventListener("click", () => {
      if (this.#host !== null) choose(keyOf({ network: this.#host.network, id: this.#host.port }));
    });
  }

  show(host: HostView): void {
    this.#host = host;
    setText(this.#mac, host.mac);
    setText(this.#ips, host.ips.join(" "));
    setText(this.#port, host.portName);
    setText(this.#vlan, host.vlan === 0 ? "–" : String(host.vlan));
    setText(this.#seen, host.static ? "set by hand" : `${formatDuration(host.ageMs)} ago`);
  }
}

/** One port of the topology: its branch, what passes it, and the hosts behind it. */
import type { HostView } from "../control/host-api.js";
import { levelOf } from "./choice.js";
import { h, KeyedList, setAttribute, setText } from "./dom.js";
import { formatCount, formatRate } from "./format.js";
import { HostChip } from "./host-chip.js";
import type { PortState } from "./model.js";
import { Spark } from "./spark.js";

/** Hosts that are shown of one port. */
export const HOSTS_SHOWN = 2;

export interface RowActions {
  /** A port was chosen, by its key. */
  choose(key: string): void;
  /** All hosts of a port are wanted. */
  listHosts(port: PortState): void;
}

/** What a row shows. */
export interface RowContent {
  readonly port: PortState;
  readonly hosts: readonly HostView[];
  readonly second: number;
  readonly chosen: boolean;
}

export class PortRow {
  readonly element: HTMLLIElement;
  readonly #name = h("span", { class: "name" });
  readonly #peer = h("span", { class: "peer" });
  readonly #button = h(
    "button",
    { type: "button", class: "pick" },
    h("span", { class: "dot" }),
    this.#name,
    this.#peer,
  );
  readonly #spark = new Spark();
  readonly #in = h("span", { class: "rate in" });
  readonly #out = h("span", { class: "rate out" });
  readonly #drops = h("span", { class: "rate drops" });
  readonly #more = h("button", { type: "button", class: "more" });
  readonly #chips: KeyedList<HostView, HostChip>;
  #port: PortState;

  constructor(port: PortState, actions: RowActions) {
    this.#port = port;
    const hosts = h("ul", { class: "hosts" });
    this.#chips = new KeyedList(
      hosts,
      (host) => `${host.vlan} ${host.mac}`,
      () => new HostChip(),
    );
    this.element = h(
      "li",
      { class: "port" },
      ...[this.#button, this.#spark.element, this.#in, this.#out, this.#drops],
      h("div", { class: "behind" }, hosts, this.#more),
    );
    this.#button.addEventListener("click", () => actions.choose(this.#port.key));
    this.#more.addEventListener("click", () => actions.listHosts(this.#port));
  }

  show({ port, hosts, second, chosen }: RowContent): void {
    this.#port = port;
    const { view, rates, dropRate, history } = port;
    setText(this.#name, view.name);
    setText(this.#peer, view.peer ?? "down");
    setAttribute(this.element, "data-up", view.up);
    setAttribute(this.element, "data-level", String(levelOf(port)));
    setAttribute(this.#button, "aria-pressed", String(chosen));
    this.#spark.show(history, second);
    setText(this.#in, formatRate(rates.in));
    setText(this.#out, formatRate(rates.out));
    setText(this.#drops, formatCount(dropRate));
    setAttribute(this.#drops, "data-any", dropRate > 0);
    this.#chips.show(hosts.slice(0, HOSTS_SHOWN), (chip, host) => chip.show(host));
    const left = view.macs - Math.min(hosts.length, HOSTS_SHOWN);
    setText(this.#more, left > 0 ? `+${formatCount(left)}` : "");
    setAttribute(this.#more, "aria-label", `All ${view.macs} addresses behind ${view.name}`);
    setAttribute(this.#more, "hidden", left <= 0);
  }
}

/** The figures at the top: the whole switch in one line. */
import { byId, h, setAttribute, setText } from "./dom.js";
import { formatBytes, formatCount, formatDuration, formatRate } from "./format.js";
import type { Model } from "./model.js";

const FIGURES = ["Ports up", "Addresses", "In", "Out", "Drops/s", "Processor", "Memory"] as const;

export class Summary {
  readonly #values = new Map<string, HTMLElement>();
  readonly #who = byId("who");

  constructor() {
    for (const name of FIGURES) {
      const value = h("dd", {}, "–");
      this.#values.set(name, value);
      byId("summary").append(h("div", {}, h("dt", {}, name), value));
    }
  }

  show(model: Model): void {
    const { status, networks, rates, dropRate, cpu } = model;
    if (status === null) return;
    const ports = networks.flatMap((network) => network.ports);
    const up = ports.filter(({ view }) => view.up).length;
    this.#set(
      "Ports up",
      up === ports.length ? formatCount(up) : `${formatCount(up)} of ${formatCount(ports.length)}`,
    );
    this.#set("Addresses", formatCount(networks.reduce((total, { macs }) => total + macs, 0)));
    this.#set("In", formatRate(rates.in));
    this.#set("Out", formatRate(rates.out));
    this.#set("Drops/s", formatCount(dropRate));
    setAttribute(this.#values.get("Drops/s")!, "data-any", dropRate > 0);
    this.#set("Processor", `${Math.round(cpu * 100)} %`);
    this.#set("Memory", formatBytes(status.memoryBytes));
    const upMs = Date.parse(status.at) - Date.parse(status.startedAt);
    setText(this.#who, `${status.role} ${status.version}, up for ${formatDuration(upMs)}`);
  }

  #set(name: (typeof FIGURES)[number], value: string): void {
    setText(this.#values.get(name)!, value);
  }
}

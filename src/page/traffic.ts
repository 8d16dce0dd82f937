/** Throughput over the last minutes, of all ports or of one, and what else is known of that one. */
import type { PortView } from "../control/inspect-api.js";
import { byId, h, KeyedList, setAttribute, setText } from "./dom.js";
import { formatBytes, formatCount, formatDuration, formatRate } from "./format.js";
import type { Model, PortState } from "./model.js";
import { Plot } from "./plot.js";

type Fact = readonly [name: string, value: string];

export class Traffic {
  readonly #title = byId("traffic-title");
  readonly #in = byId("traffic-in");
  readonly #out = byId("traffic-out");
  readonly #close = byId<HTMLButtonElement>("traffic-close");
  readonly #capture = byId<HTMLButtonElement>("traffic-capture");
  readonly #plot = new Plot(byId("plot"));
  readonly #facts = new KeyedList<Fact, FactLine>(
    byId("facts"),
    ([name]) => name,
    ([name]) => new FactLine(name),
  );

  constructor(close: () => void, capture: () => void) {
    this.#close.addEventListener("click", close);
    this.#capture.addEventListener("click", capture);
  }

  /** `port` is null for all of them, and undefined where the chosen one has gone. */
  show(model: Model, port: PortState | null | undefined): void {
    const { rates, history } = port ?? model;
    setText(this.#title, port === null ? "Throughput, all ports" : (port?.view.name ?? "This port has gone"));
    setText(this.#in, formatRate(rates.in));
    setText(this.#out, formatRate(rates.out));
    setAttribute(this.#close, "hidden", port === null);
    setAttribute(this.#capture, "hidden", port === null);
    this.#plot.show(history, model.second);
    const facts = port ? factsOf(port.view, Date.parse(model.status!.at)) : [];
    this.#facts.show(facts, (line, [, value]) => line.show(value));
  }

  /** The colours have changed. */
  redraw(): void {
    this.#plot.redraw();
  }
}

class FactLine {
  readonly element: HTMLElement;
  readonly #value = h("dd");

  constructor(name: string) {
    this.element = h("div", {}, h("dt", {}, name), this.#value);
  }

  show(value: string): void {
    setText(this.#value, value);
  }
}

function factsOf(view: PortView, nowMs: number): Fact[] {
  const dropped = Object.entries(view.drops).filter(([, count]) => count > 0);
  return [
    ["Port", `${view.id} of ${view.network}`],
    ["Far end", view.peer === null ? "no link" : `${view.kind} ${view.peer}`],
    [view.up ? "Up for" : "Down for", formatDuration(nowMs - Date.parse(view.since))],
    ["Identity", view.member ?? "not proven"],
    ["VLAN", view.vlan === 0 ? "as tagged" : `access port of ${view.vlan}`],
    ["Large segments", view.offload.join(" ") || "are split for it"],
    ["Came in", `${formatCount(view.framesIn)} frames, ${formatBytes(view.bytesIn)}`],
    ["Went out", `${formatCount(view.framesOut)} frames, ${formatBytes(view.bytesOut)}`],
    ["Flooded", `${formatCount(view.floods)} frames`],
    ["Dropped", dropped.map(([reason, count]) => `${reason} ${formatCount(count)}`).join(", ") || "nothing"],
    ["Waiting", formatBytes(view.queuedBytes)],
    [
      "Addresses",
      `${formatCount(view.macs)}${view.macsEvicted > 0 ? `, ${formatCount(view.macsEvicted)} pushed out` : ""}`,
    ],
  ];
}

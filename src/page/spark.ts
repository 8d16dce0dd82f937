/** A port's last minute as two small lines. */
import { s, setAttribute } from "./dom.js";
import type { History } from "./history.js";

const SECONDS = 60;
const HEIGHT = 20;
/** Below this a line would show noise as if it were traffic, bits a second. */
const LEAST_TOP = 1_000;

export class Spark {
  readonly element: SVGSVGElement;
  readonly #in = s("path", { class: "line-in" });
  readonly #out = s("path", { class: "line-out" });

  constructor() {
    const box = `0 -1 ${SECONDS - 1} ${HEIGHT + 2}`;
    const attributes = { class: "spark", viewBox: box, preserveAspectRatio: "none", "aria-hidden": "true" };
    this.element = s("svg", attributes, this.#out, this.#in);
  }

  /** Shows the minute up to `second`. */
  show(history: History, second: number): void {
    const [received, sent] = history.series(second, SECONDS);
    const top = Math.max(LEAST_TOP, ...received.map((rate) => rate ?? 0), ...sent.map((rate) => rate ?? 0));
    setAttribute(this.#in, "d", path(received, top));
    setAttribute(this.#out, "d", path(sent, top));
  }
}

function path(rates: readonly (number | null)[], top: number): string {
  let text = "";
  let pen = "M";
  for (const [at, rate] of rates.entries()) {
    if (rate === null) pen = "M";
    else {
      text += `${pen}${at} ${(HEIGHT * (1 - rate / top)).toFixed(1)}`;
      pen = "L";
    }
  }
  return text;
}

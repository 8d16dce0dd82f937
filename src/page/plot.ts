/** The plot of the last minutes: rates into the switch and out of it. */
import uPlot from "uplot";
import { formatRate } from "./format.js";
import { HISTORY_S, type History } from "./history.js";

const HEIGHT = 200;
/** Room for "1.24 Gbit/s", so that the plot keeps its left edge. */
const AXIS_PX = 76;
const FONT = "11px system-ui, sans-serif";

export class Plot {
  readonly #parent: HTMLElement;
  #plot: uPlot | null = null;
  #data: uPlot.AlignedData = [[], [], []];

  constructor(parent: HTMLElement) {
    this.#parent = parent;
    new ResizeObserver(() => this.#plot?.setSize({ width: parent.clientWidth, height: HEIGHT })).observe(
      parent,
    );
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  /** Shows what is known up to `second`. */
  show(history: History, second: number): void {
    const times = Array.from({ length: HISTORY_S }, (_, index) => index - HISTORY_S + 1);
    this.#data = [times, ...history.series(second)];
    if (this.#plot === null) this.redraw();
    else this.#plot.setData(this.#data);
  }

  /** Draws it anew, in the colours of now. */
  redraw(): void {
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), this.#data, this.#parent);
  }

  #options(): uPlot.Options {
    const colour = (name: string): string => colourOf(this.#parent, name);
    const grid = { stroke: colour("plot-grid"), width: 1 };
    const axis = { stroke: colour("plot-text"), font: FONT, grid, ticks: { show: false } };
    const line = (name: string): uPlot.Series => ({
      stroke: colour(name),
      fill: `color-mix(in srgb, ${colour(name)} 12%, transparent)`,
      width: 1.5,
      points: { show: false },
    });
    return {
      width: this.#parent.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: false, range: [-HISTORY_S, 0] },
        y: { range: (_, __, top) => [0, Math.max(1_000, top * 1.1)] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          gap: 8,
          splits: [-300, -240, -180, -120, -60, 0],
          values: (_, at) => at.map(minutes),
        },
        { ...axis, size: AXIS_PX, space: 36, values: (_, at) => at.map(formatRate) },
      ],
      series: [{}, line("line-in"), line("line-out")],
    };
  }
}

function minutes(second: number): string {
  return second === 0 ? "now" : `${second / 60} min`;
}

/** The colour that the style sheet gives to a class: a canvas knows no custom properties. */
function colourOf(parent: HTMLElement, name: string): string {
  const probe = document.createElement("i");
  probe.className = `colour ${name}`;
  parent.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

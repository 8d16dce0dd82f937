/** Takes a capture from the switch and hands it to the browser as a file. */
import { byId, h, setText } from "./dom.js";
import { formatBytes, formatCount } from "./format.js";
import { refusedBy } from "./live.js";
import { keyOf, type Model } from "./model.js";
import { WholeBlocks } from "./whole-blocks.js";

/** The file is made in the browser's memory: then it is enough. */
const MOST_BYTES = 256e6;

export class Capture {
  readonly #dialog = byId<HTMLDialogElement>("capture");
  readonly #form = byId<HTMLFormElement>("capture-form");
  readonly #place = byId<HTMLSelectElement>("capture-place");
  readonly #start = byId<HTMLButtonElement>("capture-start");
  readonly #said = byId("capture-said");
  #running: AbortController | null = null;

  constructor() {
    byId("capture-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#running?.abort());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#running === null) void this.#run();
      else this.#running.abort();
    });
  }

  /** Opens the dialog, for one port if its key is given. */
  open(model: Model, chosen: string): void {
    const groups = model.networks.map(({ name, ports }) =>
      h(
        "optgroup",
        { label: name },
        h("option", { value: name }, `all of ${name}`),
        ...ports.map(({ view }) => h("option", { value: keyOf(view) }, view.name)),
      ),
    );
    this.#place.replaceChildren(...groups);
    if (chosen !== "") this.#place.value = chosen;
    setText(this.#said, "");
    this.#dialog.showModal();
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    setText(this.#start, "Stop and save");
    const blocks = new WholeBlocks();
    try {
      await this.#read(blocks, running);
    } catch (error) {
      if (!running.signal.aborted) setText(this.#said, (error as Error).message);
    }
    this.#running = null;
    setText(this.#start, "Start");
    if (blocks.frames > 0) this.#save(blocks);
    else if (running.signal.aborted) setText(this.#said, "No frame was captured.");
  }

  async #read(blocks: WholeBlocks, running: AbortController): Promise<void> {
    setText(this.#said, "Waiting for frames…");
    const response = await fetch(`/v1/capture?${this.#query()}`, { signal: running.signal });
    if (!response.ok || response.body === null) throw await refusedBy(response);
    const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      blocks.add(read.value);
      setText(this.#said, `${formatCount(blocks.frames)} frames, ${formatBytes(blocks.bytes)}`);
      if (blocks.bytes >= MOST_BYTES) running.abort();
    }
  }

  #query(): URLSearchParams {
    const fields = new FormData(this.#form);
    const [network, port] = String(fields.get("place")).split("/");
    const query = new URLSearchParams({ network: network! });
    if (port !== undefined) query.set("port", port);
    for (const name of ["filter", "count", "snaplen"]) {
      const value = String(fields.get(name)).trim();
      if (value !== "") query.set(name, value);
    }
    if (fields.has("drops")) query.set("drops", "true");
    return query;
  }

  #save(blocks: WholeBlocks): void {
    const url = URL.createObjectURL(blocks.file());
    const name = `${this.#place.value.replace("/", "-port-")}-${new Date().toISOString().replace(/[:.]/g, "")}.pcapng`;
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    setText(this.#said, `Saved ${formatCount(blocks.frames)} frames, ${formatBytes(blocks.bytes)}.`);
  }
}

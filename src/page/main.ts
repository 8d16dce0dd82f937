/** The page: puts its parts together, and keeps what was chosen in the address, so that a reload shows it again. */
import { Addresses } from "./addresses.js";
import { Capture } from "./capture.js";
import { byId, setAttribute, setText } from "./dom.js";
import { Events } from "./events.js";
import { formatTime } from "./format.js";
import { follow } from "./live.js";
import { Model } from "./model.js";
import { Summary } from "./summary.js";
import { startTheme } from "./theme.js";
import { Topology } from "./topology.js";
import { Traffic } from "./traffic.js";

const model = new Model();
const summary = new Summary();
const capture = new Capture();
const traffic = new Traffic(
  () => choose(""),
  () => capture.open(model, chosen()),
);
const addresses = new Addresses((key) => choose(key));
const topology = new Topology({
  choose: (key) => choose(key === chosen() ? "" : key),
  listHosts: ({ view }) => addresses.search(view.name),
});
const connection = byId("connection");

/** The key of the port in the address, or nothing. */
function chosen(): string {
  return decodeURIComponent(/^#port=(.+)$/.exec(location.hash)?.[1] ?? "");
}

function choose(key: string): void {
  history.replaceState(null, "", key === "" ? location.pathname : `#port=${encodeURIComponent(key)}`);
  show();
}

function show(): void {
  if (model.status === null) return;
  setAttribute(document.body, "data-networks", model.networks.length > 1);
  summary.show(model);
  topology.show(model, chosen());
  traffic.show(model, chosen() === "" ? null : model.port(chosen()));
  addresses.count(model.networks.reduce((total, { macs }) => total + macs, 0));
}

function say(live: boolean, text: string): void {
  setAttribute(connection, "data-live", live);
  setText(connection, text);
}

follow(
  ({ status, ports, atMs }) => {
    model.update(status, ports, atMs);
    say(true, "Live");
    show();
  },
  () => say(false, model.status === null ? "No answer" : `No answer since ${formatTime(model.status.at)}`),
);
new Events();
startTheme(() => traffic.redraw());
addEventListener("hashchange", show);
byId("capture-open").addEventListener("click", () => capture.open(model, chosen()));
addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("port-search").focus();
  }
  if (event.key === "Escape" && !isTyping && !byId<HTMLDialogElement>("capture").open) choose("");
});

/** What a switch without ports shows: how to bring the first host in, for the way in which it listens. */
import type { ListenerView, StatusView } from "../control/inspect-api.js";
import { h } from "./dom.js";

interface Step {
  readonly text: string;
  readonly command: string;
}

export class EmptyState {
  readonly #element: HTMLElement;
  #shown = "";

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /** Null hides it. */
  show(status: StatusView | null): void {
    this.#element.hidden = status === null;
    if (status === null) return;
    const steps = stepsOf(status.listeners);
    const shown = JSON.stringify(steps);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const items = steps.map(({ text, command }) => h("li", {}, h("p", {}, text), commandLine(command)));
    this.#element.replaceChildren(
      h("h3", {}, "No port yet"),
      h("p", {}, "This page fills by itself as soon as a host joins."),
      h("ol", { class: "steps" }, ...items),
    );
  }
}

function stepsOf(listeners: readonly ListenerView[]): Step[] {
  const [tls, tcp, unix] = ["tls://", "tcp://", "unix://"].map((kind) =>
    listeners.find(({ url }) => url.startsWith(kind)),
  );
  const steps: Step[] = [];
  if (tls !== undefined)
    steps.push(
      { text: "On this machine, once for each host:", command: "tapswitch invite" },
      {
        text: "On the host, as root, with the line that was printed:",
        command: "tapswitch join 'tapswitch://…' --ip 10.10.0.1/24",
      },
    );
  if (tcp !== undefined)
    steps.push({
      text: "On a host, as root:",
      command: `tapswitch join ${reachable(tcp.url)} --ip 10.10.0.1/24`,
    });
  if (unix !== undefined)
    steps.push({
      text: "For a virtual machine here, with QEMU (each needs a MAC of its own):",
      command: `-netdev stream,id=n0,addr.type=unix,addr.path=${unix.url.slice("unix://".length).split("?")[0]} -device virtio-net-pci,netdev=n0,mac=02:00:00:00:00:01`,
    });
  return steps;
}

/** Every address is none to connect to: then it is the name by which this page was opened. */
function reachable(url: string): string {
  return url.replace(/^(tcp:\/\/)(\[::\]|0\.0\.0\.0)/, `$1${location.hostname}`);
}

function commandLine(command: string): HTMLElement {
  const copy = h("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", () => {
    void navigator.clipboard?.writeText(command).then(() => {
      copy.textContent = "Copied";
      setTimeout(() => {
        copy.textContent = "Copy";
      }, 1_500);
    });
  });
  return h("div", { class: "command" }, h("code", {}, command), copy);
}

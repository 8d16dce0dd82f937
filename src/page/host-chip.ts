/** A host behind a port: its MAC address, and the IP address that was last seen with it. */
import type { HostView } from "../control/host-api.js";
import { h, setAttribute, setText } from "./dom.js";

export class HostChip {
  readonly element = h("li", { class: "host" });
  readonly #ip = h("span", { class: "ip" });
  readonly #mac = h("span", { class: "mac" });

  constructor() {
    this.element.append(this.#ip, this.#mac);
  }

  show(host: HostView): void {
    setText(this.#mac, host.vlan === 0 ? host.mac : `${host.mac} vlan ${host.vlan}`);
    setText(this.#ip, bestOf(host.ips));
    setAttribute(this.element, "title", titleOf(host));
  }
}

/** An address that says something: link-local ones only where there is no other. */
function bestOf(ips: readonly string[]): string {
  return ips.find((ip) => !ip.startsWith("fe80:") && !ip.startsWith("169.254.")) ?? ips[0] ?? "";
}

function titleOf({ mac, ips, static: isStatic }: HostView): string {
  return [mac, ...ips, ...(isStatic ? ["set by hand"] : [])].join("\n");
}

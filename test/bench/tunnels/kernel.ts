/** What the kernel itself does: the limit, and the yardstick. */
import type { Lab } from "../../../src/cli/demo/lab.js";
import { address, type Tunnel, type TunnelKind, tunnelOver, UNDERLAY } from "./tunnel.js";

/** The underlay alone: veth and the bridge on s. */
export const kernelBridge: TunnelKind = {
  name: "kernel bridge",
  needs: [],
  start: async () => ({
    a: { host: "a", device: "eth0", address: UNDERLAY.a },
    b: { host: "b", device: "eth0", address: UNDERLAY.b },
    children: [],
    close: async () => undefined,
  }),
};

/** VXLAN between a and b, straight across the underlay. */
export const kernelVxlan: TunnelKind = {
  name: "kernel VXLAN",
  needs: [],
  async start(lab) {
    await vxlan(lab, "a", "b");
    await vxlan(lab, "b", "a");
    return between(lab);
  },
};

/** VXLAN from a and from b to s, which bridges the two: the shape of `serve` with two `join`s. */
export const kernelVxlanSwitched: TunnelKind = {
  name: "kernel VXLAN, bridged on s",
  needs: [],
  async start(lab) {
    await lab.ip("s", "link", "add", "name", "br1", "type", "bridge");
    await lab.up("s", "br1");
    for (const host of ["a", "b"] as const) {
      await vxlan(lab, host, "s");
      await vxlan(lab, "s", host);
      await lab.ip("s", "link", "set", "dev", `vx-${host}`, "master", "br1");
      await lab.up("s", `vx-${host}`);
    }
    return between(lab);
  },
};

type Host = keyof typeof UNDERLAY;

/** A VXLAN device in `host` towards `other`: `vx0`, on s `vx-` and the name. Each pair has its own network id. */
async function vxlan(lab: Lab, host: Host, other: Host): Promise<void> {
  const device = host === "s" ? `vx-${other}` : "vx0";
  const id = [host, other].includes("b") ? "43" : "42";
  const ends = ["local", UNDERLAY[host], "remote", UNDERLAY[other]];
  await lab.ip(host, "link", "add", "name", device, "type", "vxlan", "id", id, ...ends, "dstport", "4789");
}

/** The namespaces are removed with the lab, and the devices with them. */
async function between(lab: Lab): Promise<Tunnel> {
  await address(lab, "vx0");
  return tunnelOver("vx0", []);
}

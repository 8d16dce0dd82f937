/** What the kernel itself does: the limit, and the yardstick. */
import { address, type TunnelKind, tunnelOver, UNDERLAY } from "./tunnel.js";

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
    for (const [host, other] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      const ends = ["local", UNDERLAY[host], "remote", UNDERLAY[other]];
      await lab.ip(
        host,
        "link",
        "add",
        "name",
        "vx0",
        "type",
        "vxlan",
        "id",
        "42",
        ...ends,
        "dstport",
        "4789",
      );
    }
    await address(lab, "vx0");
    const remove = async (): Promise<void> => {
      for (const host of ["a", "b"]) await lab.ip(host, "link", "delete", "dev", "vx0");
    };
    return { ...tunnelOver("vx0", []), close: remove };
  },
};

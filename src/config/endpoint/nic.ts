/** `nic:eth1`: the wire behind an Ethernet interface of this host. */
import { deviceName } from "./device-name.js";
import { yesOrNo } from "./host.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface NicEndpoint extends AnyEndpoint {
  readonly kind: "nic";
  readonly device: string;
  /** Also where the sessions of this process leave through it. */
  readonly force: boolean | undefined;
}

export const NIC: EndpointKind<NicEndpoint, "attach"> = {
  roles: ["attach"],
  options: { force: ["attach"] },
  example: "nic:eth1",
  parse: (url, common) => ({ kind: "nic", ...common, device: deviceName(url), force: url.yesNo("force") }),
  format: ({ device }) => `nic:${encodeURIComponent(device)}`,
  write: ({ force }) => ({ force: yesOrNo(force) }),
};

/** `macvtap:mv0`: an address of its own on a physical interface, as `ip link add ... type macvtap` makes it. */
import { deviceName } from "./device-name.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface MacvtapEndpoint extends AnyEndpoint {
  readonly kind: "macvtap";
  readonly device: string;
}

export const MACVTAP: EndpointKind<MacvtapEndpoint, "attach"> = {
  roles: ["attach"],
  options: {},
  example: "macvtap:macvtap0",
  parse: (url, common) => ({ kind: "macvtap", ...common, device: deviceName(url) }),
  format: ({ device }) => `macvtap:${encodeURIComponent(device)}`,
  write: () => ({}),
};

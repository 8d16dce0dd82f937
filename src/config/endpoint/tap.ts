/** `tap:tap0`: a TAP device of this host, besides the one that a `join` has anyway. */
import { deviceName } from "./device-name.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface TapEndpoint extends AnyEndpoint {
  readonly kind: "tap";
  /** Name of the device; it is made where there is none. */
  readonly device: string;
  /** An existing Linux bridge that it joins. */
  readonly bridge: string | undefined;
  /** Bytes; undefined: the network's. */
  readonly mtu: number | undefined;
}

export const TAP: EndpointKind<TapEndpoint, "attach"> = {
  roles: ["attach"],
  options: { bridge: ["attach"], mtu: ["attach"] },
  example: "tap:tap1?bridge=br0",
  parse: (url, common) => {
    const device = deviceName(url);
    const mtu = url.option("mtu");
    if (mtu !== undefined && !(/^\d{2,5}$/.test(mtu) && Number(mtu) >= 68 && Number(mtu) <= 65_521))
      throw url.wrong(`mtu '${mtu}' is not a whole number from 68 to 65521`);
    const wanted = mtu === undefined ? undefined : Number(mtu);
    return { kind: "tap", ...common, device, bridge: url.filled("bridge"), mtu: wanted };
  },
  format: ({ device }) => `tap:${encodeURIComponent(device)}`,
  write: ({ bridge, mtu }) => ({ bridge, mtu: mtu?.toString() }),
};

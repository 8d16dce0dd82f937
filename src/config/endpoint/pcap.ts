/** `pcap:lan.pcapng?speed=2`: a capture file whose packets come in as they were captured. */
import { pathInUrl } from "./endpoint-url.js";
import { yesOrNo } from "./host.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface PcapEndpoint extends AnyEndpoint {
  readonly kind: "pcap";
  readonly path: string;
  /** How much faster than captured; 0: as fast as it can be read; undefined: 1. */
  readonly speed: number | undefined;
  /** Begins again at its end. */
  readonly loop: boolean | undefined;
}

const MAX_SPEED = 1_000_000;

export const PCAP: EndpointKind<PcapEndpoint, "attach"> = {
  roles: ["attach"],
  options: { speed: ["attach"], loop: ["attach"] },
  example: "pcap:/tmp/lan.pcapng?speed=1",
  parse: (url, common) => {
    const { host, path } = url;
    if (host !== "") throw url.wrong("a file's path starts with a slash: write three of them");
    if (path === "" || path.includes("\0")) throw url.wrong("no path");
    const speed = url.option("speed");
    if (speed !== undefined && !(/^\d{1,7}(\.\d{1,6})?$/.test(speed) && Number(speed) <= MAX_SPEED))
      throw url.wrong(`speed '${speed}' is not a number from 0 to ${MAX_SPEED}`);
    const factor = speed === undefined ? undefined : Number(speed);
    return { kind: "pcap", ...common, path, speed: factor, loop: url.yesNo("loop") };
  },
  format: ({ path }) => `pcap:${pathInUrl(path)}`,
  write: ({ speed, loop }) => ({ speed: speed?.toString(), loop: yesOrNo(loop) }),
};

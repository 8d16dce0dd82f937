/**
 * `passt:` or `passt:/network`: a way out through passt, which this process starts. The options are passt's own [passt(1)]; some may be given
 * with several values, separated by blanks, which a URL writes as "+".
 */
import type { EndpointUrl } from "./endpoint-url.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface PasstEndpoint extends AnyEndpoint {
  readonly kind: "passt";
  /** What the guest is told, bytes; undefined: the network's. */
  readonly mtu: number | undefined;
  /** Options by name, with what was given. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Those that take any text which is no option itself. */
const SETTINGS = [
  ...["tcp-ports", "udp-ports", "address", "netmask", "gateway", "mac-addr"],
  ...["interface", "outbound", "dns", "search", "dns-forward"],
] as const;
/** MTUs of IPv4 up to what passt announces by default. */
const MIN_MTU = 576;
const MAX_MTU = 65_520;

export const PASST: EndpointKind<PasstEndpoint, "attach"> = {
  roles: ["attach"],
  options: Object.fromEntries(["mtu", ...SETTINGS].map((name) => [name, ["attach"] as const])),
  example: "passt:?tcp-ports=2222:22",
  isOnePerNetwork: true,
  hasNetworkPath: true,
  parse: (url, common) => ({ kind: "passt", ...common, mtu: readMtu(url), settings: readSettings(url) }),
  format: () => "passt:",
  write: ({ mtu, settings }) => ({ mtu: mtu?.toString(), ...settings }),
};

function readMtu(url: EndpointUrl): number | undefined {
  const text = url.option("mtu");
  if (text === undefined) return undefined;
  if (!/^\d{3,5}$/.test(text) || Number(text) < MIN_MTU || Number(text) > MAX_MTU)
    throw url.wrong(`mtu '${text}' is not a whole number from ${MIN_MTU} to ${MAX_MTU}`);
  return Number(text);
}

function readSettings(url: EndpointUrl): Record<string, string> {
  const given = SETTINGS.flatMap((name) => {
    const value = url.option(name);
    if (value === undefined) return [];
    if (!/^[!-~]+( [!-~]+)*$/.test(value) || /(^| )-/.test(value))
      throw url.wrong(`${name} '${value}' is nothing that passt would understand`);
    return [[name, value] as const];
  });
  return Object.fromEntries(given);
}

/**
 * Settings of a network interface, by name. Each is left alone where it already has the wanted value, so that a
 * device which root has made beforehand works for an unprivileged user; else the error names the command that
 * root has to give.
 */
import { writeFileSync } from "node:fs";
import { isIP, SocketAddress } from "node:net";
import { errnoOf, TapswitchError } from "../errors.js";
import { type InterfaceFacts, native } from "./native.js";

/** IFF_UP [netdevice(7)]. */
const UP = 1;
/** Below it an interface has no IPv6 [RFC 8200 5]. */
const MIN_IPV6_MTU = 1280;

/** An IP address with the length of its network's prefix. */
export interface Cidr {
  /** In the kernel's own notation. */
  readonly address: string;
  readonly prefix: number;
}

/** Reads "10.0.0.1/24" or "fd00::1/64". Throws `usage`. */
export function parseCidr(text: string): Cidr {
  const [address = "", digits = "", ...rest] = text.split("/");
  const version = isIP(address);
  const prefix = Number(digits);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(digits) || prefix > (version === 4 ? 32 : 128)) {
    throw new TapswitchError(
      "usage",
      `'${text}' is no address with a prefix length: write 10.0.0.1/24 or fd00::1/64`,
    );
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  return { address: new SocketAddress({ address, family }).address, prefix };
}

/** What the kernel knows of the interface. Throws `device-gone` if there is none of that name. */
export function interfaceFacts(name: string): InterfaceFacts {
  const facts = native().getInterface(name);
  if (facts === null) throw new TapswitchError("device-gone", `the network device ${name} is gone`);
  return facts;
}

export function isUp(facts: InterfaceFacts): boolean {
  return (facts.flags & UP) !== 0;
}

/** Sets the MTU, bytes. */
export function ensureMtu(name: string, mtu: number): void {
  if (interfaceFacts(name).mtu === mtu) return;
  attempt(`set the MTU of ${name} to ${mtu}`, `ip link set dev ${name} mtu ${mtu}`, () =>
    native().setInterface(name, "mtu", mtu),
  );
}

/** Brings the interface up or down. */
export function ensureUp(name: string, up: boolean): void {
  if (isUp(interfaceFacts(name)) === up) return;
  const word = up ? "up" : "down";
  attempt(`bring ${name} ${word}`, `ip link set dev ${name} ${word}`, () =>
    native().setInterface(name, "up", up ? 1 : 0),
  );
}

/** Sets how many frames the kernel queues towards the device. */
export function ensureTxQueueLength(name: string, frames: number): void {
  if (interfaceFacts(name).txQueueLength === frames) return;
  attempt(
    `set the queue length of ${name} to ${frames}`,
    `ip link set dev ${name} txqueuelen ${frames}`,
    () => native().setInterface(name, "txQueueLength", frames),
  );
}

/** Makes the interface a port of an existing bridge. */
export function ensureBridge(name: string, bridge: string): void {
  const master = native().getInterface(bridge);
  if (master === null) {
    throw new TapswitchError(
      "missing",
      `the bridge ${bridge} does not exist: ip link add ${bridge} type bridge`,
    );
  }
  if (interfaceFacts(name).master === master.index) return;
  attempt(`make ${name} a port of ${bridge}`, `ip link set dev ${name} master ${bridge}`, () =>
    native().setInterface(name, "master", master.index),
  );
}

/**
 * Has the host's own IPv6 leave a bridge's port alone. It would send router solicitations from it even while
 * spanning tree blocks it, and through the loop that is blocked there the port's MAC, which often is the bridge's,
 * would show up in the wrong place.
 */
export function silenceIpv6(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, "1");
  } catch {
    // No IPv6 here, or no right to change it: then the port belongs to somebody who decides that.
  }
}

/** Takes the interface out of its bridge. */
export function leaveBridge(name: string): void {
  if (interfaceFacts(name).master === 0) return;
  attempt(`take ${name} out of its bridge`, `ip link set dev ${name} nomaster`, () =>
    native().setInterface(name, "master", 0),
  );
}

/** Gives the interface an address, "10.0.0.1/24" or "fd00::1/64". */
export function ensureAddress(name: string, cidr: string): void {
  const { address, prefix } = parseCidr(cidr);
  if (native().getAddresses(name).includes(`${address}/${prefix}`)) return;
  attempt(`give ${name} the address ${cidr}`, `ip addr add ${cidr} dev ${name}`, () => {
    try {
      native().addAddress(name, address, prefix);
    } catch (error) {
      if (errnoOf(error) === "EEXIST") return;
      throw isIP(address) === 6 ? explainIpv6(name, cidr, error) : error;
    }
  });
}

/** Takes the address from the interface, if it has it. */
export function removeAddress(name: string, cidr: string): void {
  const { address, prefix } = parseCidr(cidr);
  if (!native().getAddresses(name).includes(`${address}/${prefix}`)) return;
  attempt(`take the address ${cidr} from ${name}`, `ip addr del ${cidr} dev ${name}`, () =>
    native().removeAddress(name, address, prefix),
  );
}

/** Name of the interface through which packets to an IP address leave, or null where there is no route. */
export function routeInterface(address: string): string | null {
  const [plain = "", scope] = address.replace(/^::ffff:(?=\d+\.)/i, "").split("%");
  if (scope !== undefined) return scope;
  try {
    return native().routeInterface(plain);
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    // EINVAL, EACCES and EHOSTUNREACH are how blackhole, prohibit and unreachable routes answer.
    if (["ENETUNREACH", "EHOSTUNREACH", "EACCES", "EINVAL", "ENODEV"].includes(errno)) return null;
    throw new TapswitchError("system", `cannot find the route to ${address} (${errno})`, { cause: error });
  }
}

/** Why the interface takes no IPv6 address: EPERM would mean a lack of rights, EACCES a sysctl. */
function explainIpv6(name: string, cidr: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  const failed = `cannot give ${name} the address ${cidr} (${errno})`;
  if (errno === "EACCES") {
    return new TapswitchError("usage", `${failed}: sysctl net.ipv6.conf.${name}.disable_ipv6=0`, { cause });
  }
  if (errno === "EINVAL" && interfaceFacts(name).mtu < MIN_IPV6_MTU) {
    return new TapswitchError("usage", `${failed}: IPv6 needs an MTU of ${MIN_IPV6_MTU} or more`, { cause });
  }
  return cause;
}

/** Makes a system call; an error says what could not be done, and `command` is what root would do instead. */
export function attempt(what: string, command: string, call: () => void): void {
  try {
    call();
  } catch (cause) {
    if (cause instanceof TapswitchError) throw cause;
    throw explain(what, command, cause);
  }
}

function explain(what: string, command: string, cause: unknown): TapswitchError {
  const errno = errnoOf(cause) ?? "unknown error";
  const failed = `cannot ${what} (${errno})`;
  switch (errno) {
    case "EPERM":
    case "EACCES":
      return new TapswitchError("no-permission", `${failed}: run as root, or as root once: ${command}`, {
        cause,
      });
    case "EINVAL":
    case "ERANGE":
    case "EOPNOTSUPP":
    case "EADDRNOTAVAIL":
    case "ELOOP":
      return new TapswitchError("usage", `${failed}: the kernel does not take that value`, { cause });
    case "ENODEV":
    case "EBADFD":
      return new TapswitchError("device-gone", `${failed}: the device is gone`, { cause });
    default:
      return new TapswitchError("system", failed, { cause });
  }
}

/** What this host is like, as far as it can be seen without changing anything. */
import { closeSync, existsSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf } from "../../errors.js";
import { routeInterface } from "../../native/interface.js";
import { native } from "../../native/native.js";
import { packageFile } from "../../package-file.js";
import { readPrivate } from "../../state/atomic-file.js";
import { type Firewall, readFirewall } from "./firewall.js";
import { readProcess } from "./read-process.js";
import { type TapProbe, tryTap } from "./try-tap.js";

export interface HostInterface {
  readonly name: string;
  readonly mtu: number;
  readonly isTap: boolean;
  readonly isWireless: boolean;
  readonly isBridged: boolean;
  /** Strictness of reverse path filtering, the greater of its own and that of all. */
  readonly rpFilter: number;
}

export interface StateFolder {
  readonly path: string;
  /** Absent: it is not there. */
  readonly stat?: { readonly uid: number; readonly mode: number };
  readonly me: number;
  /** Why the key in it cannot be read. */
  readonly trouble?: string;
  readonly hasKey: boolean;
  /** The nearest folder above that is there can be written. */
  readonly canBeMade: boolean;
}

export interface HostFacts {
  /** Why the TAP driver cannot be opened: an errno. */
  readonly tunErrno: string | null;
  readonly netAdmin: boolean;
  readonly netRaw: boolean;
  readonly tap: TapProbe;
  readonly interfaces: readonly HostInterface[];
  /** The way out. */
  readonly uplink: string | null;
  /** Of net.bridge.bridge-nf-call-iptables; null: br_netfilter is not loaded. */
  readonly bridgeNetfilter: boolean | null;
  readonly forwarding: boolean;
  readonly firewall: Firewall;
  readonly openFiles: number;
  readonly state: StateFolder;
  readonly nowMs: number;
  /** When the newest file of this program was written. */
  readonly installedMs: number;
  readonly isSynchronized: boolean;
}

/** Bits of capabilities(7). */
const NET_ADMIN = 12n;
const NET_RAW = 13n;
const SYS_ADMIN = 21n;

export async function readHost(stateFolder: string): Promise<HostFacts> {
  const rights = capabilities();
  const has = (bit: bigint): boolean => ((rights >> bit) & 1n) === 1n;
  const tunErrno = openTun();
  const [tap, firewall] = await Promise.all([
    tunErrno === null ? tryTap(has(SYS_ADMIN)) : { why: "the TAP driver does not open" },
    readFirewall(readProcess),
  ]);
  return {
    tunErrno,
    netAdmin: has(NET_ADMIN),
    netRaw: has(NET_RAW),
    tap,
    interfaces: interfaces(),
    uplink: wayOut(),
    bridgeNetfilter: flag("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    forwarding: flag("/proc/sys/net/ipv4/ip_forward") ?? false,
    firewall,
    openFiles: Number(/^Max open files +(\d+)/m.exec(text("/proc/self/limits") ?? "")?.[1] ?? Infinity),
    state: stateOf(stateFolder),
    nowMs: Date.now(),
    installedMs: statSync(packageFile("dist/src/index.js")).mtimeMs,
    isSynchronized: existsSync("/run/systemd/timesync/synchronized"),
  };
}

/** Does the kernel's own network namespace show it? /sys may show another one's. */
export function interfaces(): HostInterface[] {
  const lines = (text("/proc/net/dev") ?? "").split("\n").slice(2);
  return lines.flatMap((line) => {
    const name = line.split(":")[0]!.trim();
    const facts = name === "" ? null : native().getInterface(name);
    if (facts === null) return [];
    const rpFilter = Math.max(
      ...["all", name].map((one) => Number(text(`/proc/sys/net/ipv4/conf/${one}/rp_filter`))),
    );
    return [
      {
        name,
        mtu: facts.mtu,
        isTap: existsSync(`/sys/class/net/${name}/tun_flags`),
        isWireless: ["wireless", "phy80211"].some((part) => existsSync(`/sys/class/net/${name}/${part}`)),
        isBridged: facts.master !== 0,
        rpFilter,
      },
    ];
  });
}

function openTun(): string | null {
  try {
    closeSync(openSync("/dev/net/tun", "r+"));
    return null;
  } catch (error) {
    return errnoOf(error) ?? "unknown error";
  }
}

function capabilities(): bigint {
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(text("/proc/self/status") ?? "")?.[1] ?? "0"}`);
}

/** By documentation addresses, which are routed like any other. */
function wayOut(): string | null {
  return routeInterface("192.0.2.1") ?? routeInterface("2001:db8::1");
}

function stateOf(path: string): StateFolder {
  const me = process.geteuid?.() ?? 0;
  const none = { path, me, hasKey: false, canBeMade: false };
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { ...none, canBeMade: canWrite(above(path)) };
    const stat = { uid: found.uid, mode: found.mode & 0o777 };
    return { ...none, stat, hasKey: readPrivate(join(path, "identity.pem")) !== undefined };
  } catch (error) {
    return { ...none, trouble: (error as Error).message };
  }
}

function above(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) || parent === path ? parent : above(parent);
}

function canWrite(folder: string): boolean {
  const me = process.geteuid?.() ?? 0;
  const { uid, mode } = statSync(folder);
  return me === 0 || (uid === me && (mode & 0o200) !== 0) || (mode & 0o002) !== 0;
}

function flag(path: string): boolean | null {
  const found = text(path);
  return found === null ? null : Number(found) !== 0;
}

function text(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // Not there, or not for us: the checks say so.
  }
}

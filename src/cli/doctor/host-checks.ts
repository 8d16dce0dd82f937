/** What facts about this host mean to a switch or a join on it. */
import { Offload, type OffloadName } from "../../frame/offload.js";
import type { HostFacts } from "./host-facts.js";
import { type Check, fail, pass, skip, warn } from "./verdict.js";

type HostCheck = Check<HostFacts>;

/** Descriptors that --max-ports takes by default, with some to spare. */
const WANTED_FILES = 1_100;
/** No release is older. */
const OLDEST_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const STRICT = 1;

const tapDriver: HostCheck = ({ tunErrno }) => {
  if (tunErrno === null) return pass("/dev/net/tun opens");
  if (tunErrno === "EACCES" || tunErrno === "EPERM")
    return fail(`/dev/net/tun does not open (${tunErrno})`, "run as root, or: chmod 0666 /dev/net/tun");
  return fail(
    `/dev/net/tun is missing (${tunErrno}): 'join' needs it, 'serve' does not`,
    "modprobe tun, or start the container with --device /dev/net/tun",
  );
};

const rights: HostCheck = ({ netAdmin }) =>
  netAdmin
    ? pass("this user may make and set up devices (CAP_NET_ADMIN)")
    : warn(
        "this user may not make devices (no CAP_NET_ADMIN)",
        "run 'join' as root, or as root once: ip tuntap add dev tap0 mode tap user $USER",
      );

const offload: HostCheck = ({ tap }) => {
  if ("why" in tap)
    return skip(`which work the kernel leaves to us cannot be tried: ${tap.why}`, "run as root");
  const names = Object.keys(Offload) as OffloadName[];
  const bits = names.map((name) => `${name} ${tap.offload.includes(name) ? "yes" : "no"}`).join(", ");
  if (["csum", "tso4", "tso6"].every((name) => tap.offload.includes(name)))
    return pass(`large segments travel whole: ${bits}`);
  return warn(
    `segments travel cut, which is slow: ${bits}`,
    "use a kernel with TUNSETOFFLOAD (Linux 2.6.27 and later)",
  );
};

const carrier: HostCheck = ({ tap }) => {
  if ("why" in tap) return skip(`whether the carrier can be set cannot be tried: ${tap.why}`, "run as root");
  if (tap.carrier) return pass("IFF_VNET_HDR and the carrier of a TAP can be set");
  return warn(
    "the carrier of a TAP cannot be set: a bridge sees no loss of the switch",
    "use Linux 5.0 or later",
  );
};

const bridgeFilter: HostCheck = ({ bridgeNetfilter, firewall }) => {
  if (!bridgeNetfilter) return pass("bridged frames do not pass iptables (no br_netfilter)");
  const fix = "sysctl net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0";
  if (firewall.dropsForwarded === false)
    return pass("bridged frames pass iptables, whose FORWARD policy lets them");
  const policy = firewall.dropsForwarded ? "drops them" : `is not known: ${firewall.why}`;
  return warn(
    `bridged frames pass iptables (br_netfilter), whose FORWARD policy ${policy}: --bridge may lose them`,
    fix,
  );
};

const input: HostCheck = ({ firewall }) => {
  if (firewall.dropsInput === null)
    return skip(`the firewall cannot be seen: ${firewall.why}`, "run as root");
  if (!firewall.dropsInput) return pass("the firewall lets in what no rule is about");
  return warn(
    "the firewall drops what no rule lets in: so it does with what comes by the TAP, and at the port of 'serve'",
    "nft insert rule inet filter input iifname tap0 accept (with your own table and device)",
  );
};

const reversePath: HostCheck = ({ interfaces }) => {
  const strict = interfaces
    .filter(({ isTap, rpFilter }) => isTap && rpFilter === STRICT)
    .map(({ name }) => name);
  if (strict.length === 0) return pass("no TAP drops packets for the way that they came (rp_filter)");
  return warn(
    `${strict.join(", ")} drops IPv4 packets whose answer would take another way (rp_filter is strict)`,
    `sysctl net.ipv4.conf.all.rp_filter=2 ${strict.map((name) => `net.ipv4.conf.${name}.rp_filter=2`).join(" ")}`,
  );
};

const wireless: HostCheck = ({ interfaces, uplink }) => {
  const found = interfaces.filter(({ isWireless }) => isWireless);
  const bridged = found.find(({ isBridged }) => isBridged);
  if (bridged !== undefined)
    return fail(
      `${bridged.name} is wireless and in a bridge: an access point drops frames from any MAC but its own`,
      `ip link set ${bridged.name} nomaster, and route instead; tapswitch needs no bridge to the uplink`,
    );
  if (found.some(({ name }) => name === uplink))
    return warn(
      `the way out, ${uplink}, is wireless: 'join' works over it, but it cannot be put into a bridge`,
      "bridge VMs to the TAP only, and leave the wireless device out of it",
    );
  return pass(found.length === 0 ? "no wireless device" : "the way out is not wireless");
};

const forwarding: HostCheck = ({ forwarding }) =>
  pass(
    forwarding
      ? "this host routes IPv4 between its devices (net.ipv4.ip_forward=1)"
      : "this host does not route between its devices; a switch needs none (for a gateway: sysctl net.ipv4.ip_forward=1)",
  );

const uplinkMtu: HostCheck = ({ uplink, interfaces }) => {
  const device = interfaces.find(({ name }) => name === uplink);
  if (device === undefined)
    return warn("there is no way out of this host", "ip route add default via GATEWAY");
  if (device.mtu >= 1_280) return pass(`the way out is ${device.name}, MTU ${device.mtu}`);
  return warn(
    `the MTU of ${device.name}, the way out, is ${device.mtu}: below what IPv6 needs`,
    `ip link set ${device.name} mtu 1500`,
  );
};

const openFiles: HostCheck = ({ openFiles }) =>
  openFiles >= WANTED_FILES
    ? pass(
        `a process may hold ${openFiles === Number.POSITIVE_INFINITY ? "any number of" : openFiles} open files`,
      )
    : warn(
        `a process may hold ${openFiles} open files: 'serve' takes one for each port`,
        "ulimit -n 65536, or LimitNOFILE=65536 in the unit",
      );

const state: HostCheck = ({ state: { path, stat, me, trouble, hasKey, canBeMade } }) => {
  if (trouble !== undefined)
    return fail(trouble, `run as the owner of ${path}, or name another folder with --state`);
  if (stat === undefined)
    return canBeMade
      ? pass(`${path} is not there yet: the first start makes it`)
      : fail(`${path} is not there and cannot be made`, "run as root, or name another folder with --state");
  if (stat.uid !== me)
    return fail(
      `${path} belongs to user ${stat.uid}, not ${me}`,
      "run as that user, or name another folder with --state",
    );
  if ((stat.mode & 0o022) !== 0) return fail(`${path} can be written by others`, `chmod go-w ${path}`);
  return pass(`${path} is ours alone${hasKey ? ", with this host's key" : "; the first start makes a key"}`);
};

const clock: HostCheck = ({ nowMs, installedMs, isSynchronized }) => {
  const shown = new Date(nowMs).toISOString().slice(0, 19);
  if (nowMs < OLDEST_MS || nowMs + DAY_MS < installedMs)
    return fail(
      `the clock is wrong: it says ${shown}`,
      "set it, and keep it right: timedatectl set-ntp true",
    );
  return pass(
    `the clock says ${shown}Z${isSynchronized ? ", synchronized" : "; whether by NTP is not known"}`,
  );
};

export const HOST_CHECKS = {
  "tap-driver": tapDriver,
  rights,
  offload,
  carrier,
  "bridge-filter": bridgeFilter,
  firewall: input,
  "reverse-path": reversePath,
  wireless,
  forwarding,
  "way-out": uplinkMtu,
  "open-files": openFiles,
  state,
  clock,
} as const satisfies Record<string, HostCheck>;

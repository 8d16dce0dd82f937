/** What was seen of a server, and what to do where it is not as it should be. */
import { formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { ServerFacts } from "./server-facts.js";
import type { Meeting } from "./server-meeting.js";
import { type Check, fail, pass, skip, type Verdict, warn } from "./verdict.js";

type ServerCheck = Check<ServerFacts>;

/** Clocks farther apart make invites expire at the wrong time, and certificates of a CA. */
const MAX_SKEW_MS = 5_000;
/** Below it IPv6 does not work, and TCP is slow. */
const LEAST_MTU = 1_280;
/** What a link-layer path usually carries. */
const USUAL_MTU = 1_500;

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const printable = (text: string): string => text.replace(/[^ -~]+/g, " ").trim();

const name: ServerCheck = ({ endpoint, nameErrno, doors }) => {
  if (endpoint.kind === "unix") return pass(`${endpoint.path} needs no name`);
  if (nameErrno === null)
    return pass(`${endpoint.host} is ${doors.map(({ address }) => address).join(", ")}`);
  return fail(
    `the name '${endpoint.host}' has no address (${nameErrno})`,
    "check its spelling and /etc/resolv.conf, or give an address",
  );
};

const reach: ServerCheck = ({ endpoint, doors }) => {
  if (endpoint.kind === "unix") return skip("a Unix socket is reached by its path");
  if (doors.length === 0) return skip("there is no address to try");
  const shown = doors.map(({ address, connectMs, errno }) =>
    connectMs === null ? `${address} does not answer (${errno})` : `${address} answers in ${ms(connectMs)}`,
  );
  const open = doors.filter(({ connectMs }) => connectMs !== null);
  if (open.length === doors.length) return pass(`port ${endpoint.port}: ${shown.join("; ")}`);
  if (open.length > 0)
    return warn(
      `port ${endpoint.port}: ${shown.join("; ")}`,
      "'join' loses time on it: correct the name's addresses",
    );
  return fail(`port ${endpoint.port}: ${shown.join("; ")}`, whyUnreached(doors[0]!.errno));
};

function whyUnreached(errno: string | null): string {
  if (errno === "ECONNREFUSED") return "start 'tapswitch serve' there, or correct the port";
  if (errno === "ENETUNREACH" || errno === "EHOSTUNREACH") return "this host has no way there: ip route";
  return "is the host up, and does a firewall let the port through?";
}

const loop: ServerCheck = ({ endpoint, doors, tapNames }) => {
  if (endpoint.kind === "unix") return skip("a Unix socket needs no route");
  const through = doors.find(({ device }) => device !== null && tapNames.includes(device));
  if (through !== undefined)
    return fail(
      `the route to ${through.address} leaves through ${through.device}, a TAP: a join over it would swallow its own tail`,
      `ip route add ${through.address} via GATEWAY, by the real network; or give the TAP another subnet`,
    );
  const lost = doors.find(({ device }) => device === null);
  if (lost !== undefined) return fail(`there is no route to ${lost.address}`, "ip route");
  if (doors.length === 0) return skip("there is no address to look up");
  return pass(`the way there is ${[...new Set(doors.map(({ device }) => device))].join(", ")}, no TAP`);
};

const speech: ServerCheck = ({ endpoint, doors, tls, meeting }) => {
  const banner = printable(doors.find((door) => door.banner !== "")?.banner ?? "");
  const fix = "correct host and port: this is no tapswitch";
  if (banner !== "") return fail(`another kind of server answers: '${banner}'`, fix);
  if (endpoint.kind !== "tls") return inTheClear(meeting, fix);
  if (tls === null) return skip("the server is not reached");
  if ("fingerprint" in tls) return pass("it speaks TLS 1.3");
  if (tls.speaks)
    return fail(`it does not speak TLS (${tls.why})`, `${fix}; or it is one that listens on tcp://`);
  return fail(`no TLS: ${tls.why}`, "look at the log of the server; a proxy in between may cut it off");
};

function inTheClear(meeting: Meeting, fix: string): Verdict {
  if (meeting.kind === "skipped") return skip(meeting.why);
  if (meeting.kind === "welcomed") return pass("it speaks our protocol, without TLS");
  const { code, why } = meeting;
  if (code === "protocol") return fail(`it does not speak our protocol: ${printable(why)}`, fix);
  if (code === "unreachable" || code === "timeout")
    return fail(
      `it does not answer a hello: ${printable(why)}`,
      `${fix}; or it is one that listens on tls://`,
    );
  return pass("it speaks our protocol, without TLS");
}

const key: ServerCheck = ({ endpoint, tls, pin }) => {
  if (endpoint.kind !== "tls") return skip("without TLS a server proves nothing");
  if (tls === null || !("fingerprint" in tls)) return skip("it has shown no key");
  if (endpoint.ca !== undefined) return pass(`its certificate is judged by ${endpoint.ca}`);
  if (pin === null)
    return fail(
      `nothing says which key it must have; it shows ${tls.fingerprint}`,
      "join with an invite; or add ?pin= with what 'tapswitch identity' prints on the server",
    );
  if (pin.wanted === tls.fingerprint)
    return pass(`it has the key that the ${pin.from} wants (${tls.fingerprint})`);
  return fail(
    `it has the key ${tls.fingerprint}, the ${pin.from} wants ${pin.wanted}: someone in between, or set up anew`,
    "ask whoever runs it; if the new key is right, join with a new invite",
  );
};

const membership: ServerCheck = ({ endpoint, meeting }) => {
  if (meeting.kind === "skipped") return skip(`whether it welcomes this host was not tried: ${meeting.why}`);
  if (meeting.kind === "welcomed")
    return pass(
      `it welcomes this host to network '${meeting.welcome.network}' (protocol version ${meeting.welcome.version})`,
    );
  const { code, why } = meeting;
  if (code === "already-connected") return pass("this host is a member, and connected by another process");
  const fixes: Record<string, string> = {
    "not-a-member": "'tapswitch invite' on the server, and join with what it prints",
    revoked: "ask for a new invite",
    version: "install the same version of tapswitch on both",
    "unknown-network": "correct the network in the URL, or add it on the server: serve --network",
    full: "raise --max-ports on the server",
    protocol: "correct host and port: this is no tapswitch",
  };
  return fail(
    `${formatEndpoint(endpoint)}: ${printable(why)}`,
    fixes[code] ?? "look at the log of the server",
  );
};

const roundTrip: ServerCheck = ({ meeting, path, doors }) => {
  const found: string[] = [];
  if (meeting.kind === "welcomed" && meeting.rttMs !== null) found.push(`session ${ms(meeting.rttMs)}`);
  const { connectMs } = doors.find((door) => door.connectMs !== null) ?? { connectMs: null };
  if (connectMs !== null) found.push(`TCP ${ms(connectMs)}`);
  if (!("why" in path) && path.rttMs !== null) found.push(`ICMP ${ms(path.rttMs)}`);
  return found.length === 0 ? skip("nothing came back to be timed") : pass(`round trip: ${found.join(", ")}`);
};

const skew: ServerCheck = ({ meeting }) => {
  if (meeting.kind !== "welcomed") return skip("a server tells its time only to members");
  if (meeting.skew === null) return skip("this server does not tell its time");
  const { ms: aheadMs, uncertainMs } = meeting.skew;
  const apart = `its clock is ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs < 0 ? "behind" : "ahead of"} ours`;
  if (Math.abs(aheadMs) - uncertainMs <= MAX_SKEW_MS) return pass(`${apart} (± ${ms(uncertainMs)})`);
  return warn(
    `${apart}: invites and certificates of a CA expire early or late`,
    "timedatectl set-ntp true, on both",
  );
};

const pathMtu: ServerCheck = ({ endpoint, path, doors }) => {
  if (endpoint.kind === "unix") return skip("a Unix socket has no path MTU");
  const door = doors[0];
  if (door?.deviceMtu == null) return skip("there is no path");
  if ("why" in path)
    return believed(path.why, doors.find(({ kernelMtu }) => kernelMtu !== null)?.kernelMtu ?? null);
  if (path.mtu === null)
    return skip("echo requests (ICMP) are not answered: the path MTU cannot be measured");
  if (path.mtu >= Math.min(door.deviceMtu, USUAL_MTU))
    return pass(`the path carries packets of ${path.mtu} bytes`);
  return small(path.mtu, `${door.device} sends up to ${door.deviceMtu}`);
};

function believed(why: string, mtu: number | null): Verdict {
  if (mtu === null)
    return skip(`the path MTU cannot be measured: ${why}`, "run as root, with the package raw-socket");
  if (mtu < LEAST_MTU) return small(mtu, "as the kernel believes");
  return pass(`the path carries ${mtu} bytes as the kernel believes; not measured: ${why}`);
}

function small(mtu: number, beside: string): Verdict {
  const text = `the path carries packets of ${mtu} bytes (${beside}); the session goes over TCP, which adapts`;
  if (mtu >= LEAST_MTU) return pass(text);
  return warn(text, "slow where ICMP is filtered: sysctl net.ipv4.tcp_mtu_probing=1");
}

const networkMtu: ServerCheck = ({ meeting }) => {
  if (meeting.kind !== "welcomed") return skip("a server tells the network's MTU only to members");
  const { mtu, warnings } = meeting.welcome;
  if (warnings.length === 0) return pass(`the network's MTU is ${mtu}`);
  return warn(warnings.join("; "), "see the warning");
};

export const SERVER_CHECKS = {
  name,
  reach,
  route: loop,
  protocol: speech,
  key,
  membership,
  "round-trip": roundTrip,
  "clock-skew": skew,
  "path-mtu": pathMtu,
  "network-mtu": networkMtu,
} as const satisfies Record<string, ServerCheck>;

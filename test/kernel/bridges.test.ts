/** A TAP as a port of a Linux bridge: hosts behind it, and spanning tree across the switch. */
import assert from "node:assert/strict";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  linkState,
  overlay,
  ping,
  SERVER_URL,
  serve,
  tables,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";

const [A, C] = [overlay("a"), overlay("c")];
/** The shortest times that 802.1D allows, in hundredths of a second: forwarding after 4 s. */
const FAST_STP = ["stp_state", "1", "forward_delay", "200", "hello_time", "100", "max_age", "600"];
/** 20 s of max_age at the defaults, 6 s here, and two forward delays: convergence has this long. */
const CONVERGENCE_MS = 60_000;
/** Looks, 50 ms apart or more, that must find all settled. */
const CALM_LOOKS = 10;

/** Makes a bridge without ports. */
async function bridge(lab: Lab, host: string, options: readonly string[] = []): Promise<void> {
  await lab.ip(host, "link", "add", "name", "br1", "type", "bridge", ...options);
  await lab.up(host, "br1");
}

/** The part of `ip -d -j link show` that matters here. */
interface BridgeLink {
  readonly ifname: string;
  readonly linkinfo?: {
    readonly info_data?: { readonly topology_change?: number };
    readonly info_slave_data?: { readonly state?: string };
  };
}

/** The spanning-tree state of a bridge's port: "forwarding", "blocking" ... */
async function portState(lab: Lab, host: string, device: string): Promise<string> {
  const text = await lab.ip(host, "-d", "-j", "link", "show", "dev", device);
  const [link] = JSON.parse(text) as [BridgeLink];
  return link.linkinfo?.info_slave_data?.state ?? "none";
}

/** How often a port has begun to block and to forward: any topology change shows here. */
async function transitions(lab: Lab, host: string, device: string): Promise<string> {
  const text = await lab.ip(host, "link", "xstats", "type", "bridge_slave", "dev", device, "stp");
  const found = text.match(/Transitions: +Blocked: +(\d+) +Forwarding: +(\d+)/i);
  assert.ok(found, text);
  return `blocked ${found[1]}, forwarding ${found[2]}`;
}

/** Whether no port is on its way to another state and no topology change is going on. */
async function isSettled(lab: Lab, host: string): Promise<boolean> {
  const text = await lab.ip(host, "-d", "-j", "link", "show");
  const links = JSON.parse(text) as BridgeLink[];
  const br1 = links.find(({ ifname }) => ifname === "br1")!;
  const states = links.map(({ linkinfo }) => linkinfo?.info_slave_data?.state ?? "none");
  const moving = states.some((state) => state === "listening" || state === "learning");
  return !moving && states.includes("forwarding") && br1.linkinfo!.info_data!.topology_change === 0;
}

/** Waits until all is settled and stays so for a while: the end of one topology change may begin another. */
async function settle(lab: Lab, hosts: readonly string[]): Promise<void> {
  let calm = 0;
  const isCalm = async (): Promise<boolean> => {
    const settled = await Promise.all(hosts.map((host) => isSettled(lab, host)));
    calm = settled.every(Boolean) ? calm + 1 : 0;
    return calm === CALM_LOOKS;
  };
  await until(isCalm, "spanning tree to settle", CONVERGENCE_MS);
}

/** Stops the server, starts it again after `awayMs`, and waits until the `hosts` are back. */
async function restart(
  lab: Lab,
  server: Child,
  awayMs: number,
  options: readonly string[],
  hosts: readonly string[],
): Promise<Child> {
  server.signal("SIGTERM");
  await server.exit;
  await new Promise((wake) => setTimeout(wake, awayMs)); // being away for this long is the subject
  const next = await serve(lab, ...options);
  for (const host of hosts) await until(async () => host in (await tables(next)).ports, `${host} to be back`);
  return next;
}

kernelTest("bridges a third host behind a join, whose MAC the switch learns there", async (lab) => {
  await underlay(lab, ["a", "b"]);
  await lab.host("c");
  const server = await serve(lab);
  await join(lab, "a");
  await bridge(lab, "b");
  await lab.cable(
    { host: "c", device: "eth0", addresses: [`${C.v4}/24`, `${C.v6}/64`] },
    { host: "b", device: "to-c" },
  );
  await lab.ip("b", "link", "set", "dev", "to-c", "master", "br1");
  await join(lab, "b", ["--bridge", "br1"]);
  await ping(lab, "a", C.v4);
  await ping(lab, "c", A.v6);
  await transfer(lab, { from: "a", to: "c", address: A.v4 });
  await transfer(lab, { from: "c", to: "a", address: C.v6 });
  const { mac } = (await linkState(lab, "c", "eth0"))!;
  assert.equal((await tables(server)).macs[mac], "b");
  // A port that speaks for itself would do so even while spanning tree blocks it.
  assert.equal(await lab.ip("b", "-6", "address", "show", "dev", "tap0"), "");
});

kernelTest("hides a server restart of 1 s from bridges with spanning tree", async (lab) => {
  const hosts = ["a", "b", "c"];
  await underlay(lab, hosts);
  const networks = ["--network", "red", "--network", "blue"];
  const server = await serve(lab, ...networks);
  for (const host of hosts) await bridge(lab, host, FAST_STP);
  for (const host of ["a", "b"]) await join(lab, host, ["--bridge", "br1"], `${SERVER_URL}/red`);
  // Without the hold the same restart is a change: the test can see one.
  await join(lab, "c", ["--bridge", "br1", "--carrier-hold", "0"], `${SERVER_URL}/blue`);
  await settle(lab, hosts);
  const counts = (): Promise<string[]> => Promise.all(hosts.map((host) => transitions(lab, host, "tap0")));
  const before = await counts();
  const { ports } = await tables(await restart(lab, server, 1_000, networks, hosts));
  assert.deepEqual(Object.keys(ports).sort(), hosts);
  const after = await counts();
  assert.deepEqual(after.slice(0, 2), before.slice(0, 2));
  for (const host of ["a", "b"]) assert.ok(await isSettled(lab, host), `a topology change on ${host}`);
  assert.notEqual(after[2], before[2]);
});

kernelTest("passes BPDUs: two bridges with two cables through the switch block one", async (lab) => {
  await underlay(lab, ["a", "b"]);
  const server = await serve(lab, "--network", "red", "--network", "blue");
  const ports: { host: string; device: string }[] = [];
  for (const host of ["a", "b"]) {
    await bridge(lab, host, FAST_STP);
    await lab.up(host, "br1", [`${overlay(host).v4}/24`]);
    for (const [network, device] of [
      ["red", "tap0"],
      ["blue", "tap1"],
    ] as const) {
      ports.push({ host, device });
      await join(lab, host, ["--dev", device, "--bridge", "br1"], `${SERVER_URL}/${network}`);
    }
  }
  const states = (): Promise<string[]> =>
    Promise.all(ports.map(({ host, device }) => portState(lab, host, device)));
  await settle(lab, ["a", "b"]);
  assert.deepEqual((await states()).sort(), ["blocking", "forwarding", "forwarding", "forwarding"]);
  await ping(lab, "a", overlay("b").v4);
  // A loop would multiply what is broadcast without end.
  const { ports: counted } = await tables(server);
  assert.doesNotMatch(server.output, /address flaps/);
  for (const { name, framesIn } of Object.values(counted))
    assert.ok(framesIn < 1_000, `${name}: ${framesIn}`);
});

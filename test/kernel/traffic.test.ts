/** Two and more hosts on one segment, with nothing going wrong. */
import assert from "node:assert/strict";
import type { Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  linkState,
  overlay,
  ping,
  SERVER_URL,
  segment,
  serve,
  tables,
  transfer,
  underlay,
} from "../support/kernel-network.js";
import { listenTagging } from "../support/kernel-tagger.js";
import { temporaryFolder } from "../support/server.js";

const [A, B] = [overlay("a"), overlay("b")];

/** The MAC that `host` has resolved `address` to, by ARP or neighbour discovery. */
async function neighbour(lab: Lab, host: string, address: string): Promise<string | undefined> {
  const text = await lab.ip(host, "neighbour", "show", address, "dev", "tap0");
  return text.match(/lladdr (\S+) (REACHABLE|DELAY|STALE)/)?.[1];
}

kernelTest("joins two hosts: ARP, IPv4, IPv6, and 10 MB each way", async (lab) => {
  const { server } = await segment(lab, ["a", "b"]);
  await ping(lab, "a", B.v4);
  await ping(lab, "a", B.v6);
  const [macA, macB] = [(await linkState(lab, "a", "tap0"))!.mac, (await linkState(lab, "b", "tap0"))!.mac];
  assert.equal(await neighbour(lab, "a", B.v4), macB);
  assert.equal(await neighbour(lab, "a", B.v6), macB);
  await transfer(lab, { from: "a", to: "b", address: A.v4 });
  await transfer(lab, { from: "b", to: "a", address: B.v6 });
  const { macs } = await tables(server);
  assert.deepEqual(macs, { [macA]: "a", [macB]: "b" });
});

kernelTest("gives joins with equal defaults in two namespaces different, local, stable MACs", async (lab) => {
  await underlay(lab, ["a", "b"]);
  await serve(lab);
  const macOf = async (host: string): Promise<string> => {
    const client = lab.tapswitch(host, "join", SERVER_URL);
    await client.waitFor(/joined/, 30_000);
    const { mac } = (await linkState(lab, host, "tap0"))!;
    await client.stop();
    return mac;
  };
  const [first, second, again] = [await macOf("a"), await macOf("b"), await macOf("a")];
  assert.notEqual(first, second);
  assert.equal(again, first);
  for (const mac of [first, second]) assert.equal(Number.parseInt(mac.slice(0, 2), 16) & 3, 2, mac);
});

kernelTest("carries the network's MTU of 9000 in whole frames, with offload and without", async (lab) => {
  await underlay(lab, ["a", "b", "c"]);
  await serve(lab, "--mtu", "9000");
  await join(lab, "a");
  await join(lab, "b");
  await join(lab, "c", ["--no-offload"]);
  for (const host of ["a", "b", "c"]) assert.equal((await linkState(lab, host, "tap0"))!.mtu, 9000);
  for (const host of ["b", "c"]) {
    await ping(lab, "a", overlay(host).v4, "-M", "do", "-s", "8972");
    await transfer(lab, { from: "a", to: host, address: A.v4 });
    await transfer(lab, { from: host, to: "a", address: overlay(host).v4 });
  }
});

kernelTest("refuses at the sender what is above an MTU of 1500, and carries what is not", async (lab) => {
  await segment(lab, ["a", "b"]);
  await ping(lab, "a", B.v4, "-M", "do", "-s", "1472");
  const said = await lab.run("a", ["ping", "-c", "1", "-W", "1", "-M", "do", "-s", "1473", B.v4]);
  assert.match(said.stdout + said.stderr, /message too long/i);
  await ping(lab, "a", B.v4, "-s", "4000");
});

kernelTest("keeps tagged VLANs apart, even where hosts on two of them have the same MACs", async (lab, t) => {
  const folder = temporaryFolder(t);
  await underlay(lab, ["a", "b", "c", "d"]);
  const server = await serve(lab, "--listen", `unix://${folder}/switch.sock`);
  const macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"] as const;
  for (const [host, vlan, mac] of [
    ["a", 10, macs[0]],
    ["b", 10, macs[1]],
    ["c", 20, macs[0]],
    ["d", 20, macs[1]],
  ] as const) {
    await listenTagging(t, `${folder}/${host}.sock`, `${folder}/switch.sock`, vlan);
    await join(lab, host, ["--mac", mac], `unix://${folder}/${host}.sock`);
  }
  await ping(lab, "a", B.v4);
  await ping(lab, "c", overlay("d").v6);
  await transfer(lab, { from: "a", to: "b", address: A.v4 });
  await transfer(lab, { from: "d", to: "c", address: overlay("d").v4 });
  const said = await lab.run("a", ["ping", "-c", "2", "-i", "0.2", "-W", "1", overlay("c").v4]);
  assert.equal(said.status, 1, said.stdout);
  server.clear();
  server.signal("SIGUSR1");
  const [first] = await server.waitFor(/network default[\s\S]*?( {2}mac .*\n){4}/);
  const places = [...first.matchAll(/mac +(\S+ vlan \d+) behind port \d+ \((.)\)/g)];
  assert.deepEqual(places.map(([, place, port]) => `${place} ${port}`).sort(), [
    `${macs[0]} vlan 10 a`,
    `${macs[0]} vlan 20 c`,
    `${macs[1]} vlan 10 b`,
    `${macs[1]} vlan 20 d`,
  ]);
});

kernelTest("keeps two networks apart: not one frame passes from red to blue", async (lab) => {
  await underlay(lab, ["a", "b", "c"]);
  const server = await serve(lab, "--network", "red", "--network", "blue", "--no-loop-probe");
  for (const host of ["a", "b"]) await join(lab, host, [], `${SERVER_URL}/red`);
  const alone = await join(lab, "c", ["--no-loop-probe"], `${SERVER_URL}/blue`);
  await ping(lab, "a", B.v4);
  const said = await lab.run("a", ["ping", "-c", "2", "-i", "0.2", "-W", "1", overlay("c").v4]);
  assert.equal(said.status, 1, said.stdout);
  await transfer(lab, { from: "a", to: "b", address: A.v4 });
  assert.equal((await tables(server)).ports["c"]!.framesOut, 0);
  assert.equal((await tables(alone)).ports["uplink"]!.framesIn, 0);
});

kernelTest("joins over a Unix socket", async (lab, t) => {
  const folder = temporaryFolder(t);
  await underlay(lab, ["a", "b"]);
  const url = `unix://${folder}/switch.sock`;
  await serve(lab, "--listen", url, "--listen", SERVER_URL, "--insecure");
  await join(lab, "a", [], url);
  await join(lab, "b");
  await ping(lab, "b", A.v4);
  await transfer(lab, { from: "a", to: "b", address: A.v4 });
});

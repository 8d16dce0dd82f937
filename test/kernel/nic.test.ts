/** The wire behind a physical interface as a port: a veth stands for it, and a host of its own for who is on it. */
import assert from "node:assert/strict";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  overlay,
  ping,
  serve,
  startJoin,
  tables,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";

const A = overlay("a");
const [WIRED, WIRED6] = ["10.10.0.77", "fd10::77"];
const BYTES = 10_000_000;
/** Frames of 1,448 bytes of TCP that carry as much. */
const SMALL_FRAMES = Math.floor(BYTES / 1_448);

/** Host w on a cable of its own to interface nic0 of the server's host. */
async function layWire(lab: Lab, mtu: number): Promise<void> {
  await lab.cable(
    { host: "w", device: "eth0", addresses: [`${WIRED}/24`, `${WIRED6}/64`] },
    { host: "s", device: "nic0" },
  );
  for (const [host, device] of [
    ["w", "eth0"],
    ["s", "nic0"],
  ] as const)
    await lab.ip(host, "link", "set", "dev", device, "mtu", String(mtu));
}

/** A server with that wire on a port, and host a joined to it. */
async function site(lab: Lab, attach: string, mtu = 1_500): Promise<Child> {
  await underlay(lab, ["a"]);
  await lab.host("w");
  await layWire(lab, mtu);
  const server = await serve(lab, "--attach", attach, "--mtu", String(mtu));
  await join(lab, "a");
  return server;
}

kernelTest(
  "a host on a wire and a host that has joined are on one segment, whole segments included",
  async (lab) => {
    const server = await site(lab, "nic:nic0");
    await ping(lab, "w", A.v4);
    await ping(lab, "a", WIRED6);
    const before = (await tables(server)).ports["nic0"]!;
    for (const address of [WIRED, WIRED6]) await transfer(lab, { from: "w", to: "a", address, bytes: BYTES });
    const middle = (await tables(server)).ports["nic0"]!;
    assert.ok(middle.framesIn - before.framesIn < 2 * SMALL_FRAMES, "segments came in whole");
    await transfer(lab, { from: "a", to: "w", address: A.v4, bytes: BYTES });
    const after = (await tables(server)).ports["nic0"]!;
    assert.ok(after.framesOut - middle.framesOut < SMALL_FRAMES, "segments went out whole");
    assert.equal(after.drops, "none");
  },
);

kernelTest(
  "large frames pass, too large ones are counted, and a wire that was cut is taken up again",
  async (lab) => {
    const server = await site(lab, "nic:nic0", 9_000);
    const whole = ["-M", "do", "-s", "8972"];
    await ping(lab, "w", A.v4, ...whole);
    await lab.ip("s", "link", "set", "dev", "nic0", "mtu", "1500");
    await until(
      async () => (await lab.run("a", ["ping", "-c", "1", "-W", "1", WIRED])).status === 0,
      "a ping",
    );
    await lab.run("a", ["ping", "-c", "2", "-i", "0.2", "-W", "1", ...whole, WIRED]);
    assert.match((await tables(server)).ports["nic0"]!.drops, /oversize:2/);
    await lab.ip("s", "link", "set", "dev", "nic0", "mtu", "9000");
    const large = ["ping", "-c", "1", "-W", "1", ...whole, A.v4];
    await until(async () => (await lab.run("w", large)).status === 0, "a large ping again");
    await lab.ip("s", "link", "set", "dev", "nic0", "down");
    await lab.ip("s", "link", "set", "dev", "nic0", "up");
    await ping(lab, "w", A.v4);
    await lab.ip("s", "link", "del", "dev", "nic0");
    await server.waitFor(/the interface nic0 went away/);
    await layWire(lab, 1_500);
    await until(
      async () => (await lab.run("w", ["ping", "-c", "1", "-W", "1", A.v4])).status === 0,
      "a ping again",
    );
  },
);

kernelTest("a port with a delay holds frames back in both directions", async (lab) => {
  await site(lab, "nic:nic0?delay=40ms");
  const { stdout } = await lab.run("a", ["ping", "-c", "3", "-i", "0.2", "-W", "10", WIRED], { check: true });
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms));
  assert.equal(times.length, 3, stdout);
  for (const time of times) assert.ok(time >= 80, stdout);
});

kernelTest("a join takes a wire, too, but not the one that leads to its server", async (lab) => {
  await underlay(lab, ["a", "b"]);
  await lab.host("w");
  await lab.cable({ host: "w", device: "eth0", addresses: [`${WIRED}/24`] }, { host: "b", device: "nic0" });
  await serve(lab);
  await join(lab, "a");
  const refused = startJoin(lab, "b", ["--attach", "nic:eth0"]);
  await refused.waitFor(/eth0 carries the route to the server 10\.9\.0\.1: .* say force=yes/);
  assert.equal((await refused.exit).status, 2);
  await join(lab, "b", ["--attach", "nic:nic0"]);
  await ping(lab, "w", A.v4);
});

/** A TAP on a port of a server: a host on it, a network of another MTU, and the device taken away. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { WireView } from "../../src/control/wire-api.js";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  overlay,
  ping,
  READABLE,
  SERVER_URL,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";

const OWN = "10.10.0.100";

kernelTest("a server's own TAP is a host of its network, follows its MTU, and comes back", async (lab, t) => {
  const folder = temporaryFolder(t);
  const [file, control] = [`${folder}/tapswitch.yaml`, `${folder}/control.sock`];
  const write = (mtu: number): void =>
    writeFileSync(
      file,
      `serve: {listen: ["${SERVER_URL}"], insecure: yes, mtu: ${mtu}, attach: ["tap:tap1"]}\n`,
    );
  write(1_500);
  await underlay(lab, ["a"]);
  const server = lab.tapswitch("s", "serve", ...READABLE, "--config", file, "--control", control);
  await server.waitFor(/port up.*tap1|tap1/);
  await lab.ip("s", "address", "add", `${OWN}/24`, "dev", "tap1");
  await join(lab, "a");
  await ping(lab, "a", OWN);
  await transfer(lab, { from: "s", to: "a", address: OWN });
  await transfer(lab, { from: "a", to: "s", address: overlay("a").v4 });

  const link = async (): Promise<string> => (await lab.run("s", ["ip", "link", "show", "tap1"])).stdout;
  write(1_400);
  process.kill(server.pid, "SIGHUP");
  await until(async () => (await link()).includes("mtu 1400"), "the MTU of the network");

  const wire = async (): Promise<WireView> => {
    const argv = [process.execPath, PROGRAM, "wires", "--json", "--control", control];
    const [one] = JSON.parse((await lab.run("s", argv, { check: true })).stdout) as WireView[];
    return one!;
  };
  const { port } = await wire();
  await lab.ip("s", "link", "delete", "tap1");
  await until(async () => (await wire()).reconnects === 1, "the device to be made again");
  assert.deepEqual([(await wire()).state, (await wire()).port], ["up", port]);
  assert.match(await link(), /mtu 1400/);
});

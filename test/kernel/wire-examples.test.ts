/** The examples of wires, run as they are written. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { packageFile } from "../../src/package-file.js";
import { kernelTest } from "../support/kernel.js";
import { ping, underlay, until } from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";
import { VM_NEEDS, Vm } from "../support/vm.js";

const LIMIT_MS = 60_000;
const TAPSWITCH = `${process.execPath} ${PROGRAM}`;
const VDE = ["vde_switch", "vde_plug2tap"];

/** Starts an example on host s. */
function start(lab: Lab, name: string, argument: string, env: Readonly<Record<string, string>> = {}): Child {
  return lab.spawn("s", [packageFile(`examples/${name}`), argument], { env: { TAPSWITCH, ...env } });
}

async function giveAddress(lab: Lab, host: string, device: string, address: string): Promise<void> {
  const isThere = async (): Promise<boolean> =>
    (await lab.run(host, ["ip", "link", "show", device])).status === 0;
  await until(isThere, `${device} on ${host}`);
  await lab.ip(host, "addr", "add", address, "dev", device);
  await lab.ip(host, "link", "set", "dev", device, "up");
}

kernelTest("examples/vde-switch.sh makes one network of two switches", { needs: VDE }, async (lab, t) => {
  const folder = `${temporaryFolder(t)}/vde`;
  await underlay(lab, ["a"]);
  const server = start(lab, "vde-switch.sh", folder);
  await server.waitFor(/"port up"/, LIMIT_MS);
  lab.spawn("a", ["vde_plug2tap", "-s", folder, "vtap0"]);
  await giveAddress(lab, "a", "vtap0", "10.10.0.2/24");
  lab.tapswitch("s", "join", "tcp://127.0.0.1:9621", "--dev", "tap0", "--ip", "10.10.0.1/24");
  await until(async () => (await lab.run("a", ["ping", "-c1", "-W1", "10.10.0.1"])).status === 0, "a ping");
  await ping(lab, "a", "10.10.0.1");
});

kernelTest("examples/ssh-cable.sh makes one network of two hosts", async (lab, t) => {
  await underlay(lab, ["a"]);
  // It enters a namespace as ssh enters a host.
  const env = { RUN: temporaryFolder(t), SSH: "ip netns exec" };
  start(lab, "ssh-cable.sh", lab.namespace("a"), env);
  await giveAddress(lab, "s", "tap1", "10.10.0.1/24");
  await giveAddress(lab, "a", "tap1", "10.10.0.2/24");
  await ping(lab, "a", "10.10.0.1");
});

kernelTest(
  "examples/passt-vm.sh gives a VM its address and the way out",
  { needs: [...VM_NEEDS, "passt"] },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    const data = randomBytes(1_000_000);
    writeFileSync(`${folder}/file`, data);
    await underlay(lab, ["a"]);
    await lab.ip("s", "route", "add", "default", "via", "10.9.0.2");
    lab.spawn("s", ["busybox", "httpd", "-f", "-p", "127.0.0.1:8080", "-h", folder]);
    const program = `${folder}/vm`;
    const passt = "address=10.77.0.2&netmask=255.255.255.0&gateway=10.77.0.1";
    const run = `exec env TAPSWITCH='${TAPSWITCH}' PASST_OPTIONS='${passt}'`;
    writeFileSync(program, `#!/bin/sh\n${run} ${packageFile("examples/passt-vm.sh")} "$@"\n`, {
      mode: 0o755,
    });
    const command = `
echo '#!/bin/sh
[ "$1" != bound ] || { ip addr add $ip/$mask dev $interface; echo "leased $ip by $router"; }' > /tmp/lease
chmod +x /tmp/lease
udhcpc -i eth0 -f -n -q -t 20 -T 1 -s /tmp/lease
echo "got $(wget -q -O - http://10.77.0.1:8080/file | md5sum)"`;
    const vm = await Vm.boot(lab, "s", { program, netdev: "", mac: "", ip: "10.99.0.2/24", command });
    await vm.waitFor(/leased 10\.77\.0\.2 by 10\.77\.0\.1/, LIMIT_MS);
    const got = await vm.waitFor(/got ([0-9a-f]{32})/, LIMIT_MS);
    assert.equal(got[1], createHash("md5").update(data).digest("hex"));
    await vm.close();
  },
);

/** VLAN sub-interfaces of a real kernel, a VM's, on a trunk; on the other side hosts on access ports with their devices. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { kernelTest } from "../support/kernel.js";
import { join, ping, serve, tables, underlay } from "../support/kernel-network.js";
import { temporaryFolder } from "../support/server.js";
import { VM_NEEDS, Vm } from "../support/vm.js";

const LIMIT_MS = 60_000;
const FILE_BYTES = 10 * 1_024 * 1_024;
const MAC = "02:00:00:00:01:01";

/** An interface in VLAN 10, and one in VLAN 20; fetches a file by one, and serves it by both. */
const GUEST = `
for id in 10 20; do
  ip link add link eth0 name eth0.$id type vlan id $id
  ip address add 10.$id.0.11/24 dev eth0.$id
  ip link set eth0.$id up
done
mkdir /www
wget -q -O /www/file http://10.10.0.1/file
httpd -h /www
echo "fetched $(md5sum < /www/file)"`;

kernelTest(
  "a trunk carries VLANs to a kernel's sub-interfaces, and access ports each their own",
  { needs: VM_NEEDS },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    mkdirSync(`${folder}/www`);
    const data = randomBytes(FILE_BYTES);
    writeFileSync(`${folder}/www/file`, data);
    const expected = createHash("md5").update(data).digest("hex");

    await underlay(lab, ["a", "b", "c"]);
    const access = { a: 10, b: 20, c: 1 };
    const urls = Object.values(access).map((vlan) => `tcp://10.9.0.1:${9_600 + vlan}?vlan=${vlan}`);
    const trunk = `unix://${folder}/vm.sock?trunk=10,20&native=1&name=vm`;
    const listeners = [trunk, ...urls].flatMap((url) => ["--listen", url]);
    const server = await serve(lab, ...listeners, "--insecure");
    for (const [host, vlan] of Object.entries(access))
      await join(lab, host, ["--ip", `10.${vlan}.0.1/24`], `tcp://10.9.0.1:${9_600 + vlan}`);
    lab.spawn("a", ["busybox", "httpd", "-f", "-h", `${folder}/www`]);
    const vm = await Vm.boot(lab, "s", {
      netdev: `stream,server=off,addr.type=unix,addr.path=${folder}/vm.sock`,
      mac: MAC,
      ip: "10.1.0.11/24",
      command: GUEST,
    });
    assert.equal(
      (await vm.waitFor(/fetched ([0-9a-f]{32})/, LIMIT_MS))[1],
      expected,
      "in VLAN 10, to the VM",
    );
    for (const [host, vlan] of Object.entries(access)) await ping(lab, host, `10.${vlan}.0.11`);
    const fetched = await lab.run("b", ["sh", "-c", "busybox wget -q -O - http://10.20.0.11/file | md5sum"]);
    assert.equal(fetched.stdout.slice(0, 32), expected, "in VLAN 20, from the VM");

    await lab.ip("b", "address", "add", "10.10.0.2/24", "dev", "tap0");
    const stray = await lab.run("b", ["ping", "-c", "2", "-W", "1", "10.10.0.1"]);
    assert.notEqual(stray.status, 0, "a host in VLAN 20 reaches none in VLAN 10");
    assert.equal((await tables(server)).macs[MAC], "vm");
  },
);

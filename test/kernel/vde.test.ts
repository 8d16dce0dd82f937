/** VDE and datagrams with those who speak them: QEMU at both, vde_switch and vde_plug. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import type { TestContext } from "node:test";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import { join, ping, serve, tables, transfer, underlay, until } from "../support/kernel-network.js";
import { temporaryFolder } from "../support/server.js";
import { VM_NEEDS, Vm } from "../support/vm.js";

const LIMIT_MS = 60_000;
const FILE_BYTES = 20 * 1_048_576;
const VMS = [
  { ip: "10.10.0.11", mac: "02:00:00:00:01:01" },
  { ip: "10.10.0.12", mac: "02:00:00:00:01:02" },
] as const;

/** What the first guest does: it has a file to give. */
const GIVES = `
mkdir /www
dd if=/dev/urandom of=/www/file bs=64k count=${FILE_BYTES / 65_536} 2>/dev/null
echo "made $(md5sum < /www/file)"
httpd -h /www`;

/** What the second does: pings the first, and takes the file. */
const TAKES = `
until ping -c 1 -W 1 ${VMS[0].ip} > /dev/null; do sleep 0.1; done
echo "pinged $(ping -c 5 -i 0.1 -W 10 ${VMS[0].ip} | grep -c 'bytes from')"
until wget -q -O /tmp/other http://${VMS[0].ip}/file; do sleep 0.2; done
echo "got $(md5sum < /tmp/other)"`;

async function hash(vm: Vm, what: string): Promise<string> {
  return (await vm.waitFor(new RegExp(`${what} ([0-9a-f]{32})`), LIMIT_MS))[1]!;
}

kernelTest(
  "VMs by -netdev vde and by -netdev dgram reach each other and a host, and their ports end with them",
  { needs: VM_NEEDS },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    await underlay(lab, ["a"]);
    const server = await serve(
      ...([lab, "--listen", "tcp://10.9.0.1:9621", "--insecure"] as const),
      ...["--listen", `vde://${folder}/vde`, "--listen", `unixgram://${folder}/vms`],
    );
    await join(lab, "a");
    const netdevs = [
      `vde,sock=${folder}/vde`,
      `dgram,local.type=unix,local.path=${folder}/vm,remote.type=unix,remote.path=${folder}/vms`,
    ];
    const vms = await Promise.all(
      VMS.map(({ ip, mac }, index) => {
        const command = index === 0 ? GIVES : TAKES;
        return Vm.boot(lab, "a", { netdev: netdevs[index]!, mac, ip: `${ip}/24`, command });
      }),
    );
    const [giver, taker] = vms as [Vm, Vm];
    assert.equal((await taker.waitFor(/pinged (\d)/, LIMIT_MS))[1], "5");
    assert.equal(await hash(taker, "got"), await hash(giver, "made"));
    for (const { ip } of VMS) await ping(lab, "a", ip);
    const { macs } = await tables(server);
    assert.deepEqual(
      VMS.map(({ mac }) => macs[mac]),
      ["vde1", "unixgram"],
    );
    await Promise.all(vms.map((vm) => vm.close()));
    const ports = async (): Promise<string[]> => Object.keys((await tables(server)).ports);
    await until(async () => (await ports()).join() === "a", "the ports to go");
    assert.deepEqual(readdirSync(`${folder}/vde`), ["ctl"]);
  },
);

/** Starts vde_switch in the lab's host s. */
async function vdeSwitch(lab: Lab, folder: string): Promise<Child> {
  const child = lab.spawn("s", ["vde_switch", "-s", folder], { holdInput: true });
  await until(() => existsSync(`${folder}/ctl`), "vde_switch");
  return child;
}

/** A TAP of a host behind a VDE switch, by the program that VDE has for that. */
async function plugTap(lab: Lab, host: string, sock: string, address: string): Promise<Child> {
  const child = lab.spawn(host, ["vde_plug2tap", "-s", sock, "vtap0"]);
  await until(async () => (await lab.run(host, ["ip", "link", "show", "vtap0"])).status === 0, "vtap0");
  await lab.ip(host, "addr", "add", address, "dev", "vtap0");
  await lab.ip(host, "link", "set", "dev", "vtap0", "up");
  return child;
}

function vdeTest(title: string, body: (lab: Lab, t: TestContext) => Promise<void>): void {
  kernelTest(title, { needs: ["vde_switch", "vde_plug2tap", "dpipe", "vde_plug"] }, body);
}

vdeTest("is plugged into a vde_switch, and finds it again when it comes back", async (lab, t) => {
  const folder = temporaryFolder(t);
  await underlay(lab, ["a", "b"]);
  const server = await serve(
    ...([lab, "--listen", "tcp://10.9.0.1:9621", "--insecure"] as const),
    ...["--attach", `vde://${folder}/vde?port=5`],
  );
  await join(lab, "a");
  // A new address for each new device: the old one is remembered with the old device's MAC.
  for (const address of ["10.10.0.2", "10.10.0.3"]) {
    const vde = await vdeSwitch(lab, `${folder}/vde`);
    const plug = await plugTap(lab, "b", `${folder}/vde`, `${address}/24`);
    await until(async () => (await lab.run("a", ["ping", "-c1", "-W1", address])).status === 0, "a ping");
    await ping(lab, "a", address, "-s", "1472");
    if (address === "10.10.0.2") await transfer(lab, { from: "a", to: "b", address: "10.10.0.1" });
    await plug.stop();
    await vde.stop();
  }
  const { ports } = await tables(server);
  assert.deepEqual(Object.keys(ports).toSorted(), ["a", "vde"]);
});

vdeTest("takes VDE's own plugs in place of a vde_switch, and by exec: with their framing", async (lab, t) => {
  const folder = temporaryFolder(t);
  await underlay(lab, ["a", "b"]);
  await vdeSwitch(lab, `${folder}/theirs`);
  await serve(
    ...([lab, "--listen", "tcp://10.9.0.1:9621", "--insecure"] as const),
    ...["--listen", `vde://${folder}/ours`],
    ...["--attach", `exec:vde_plug ${folder}/theirs?framing=vde`],
  );
  await join(lab, "a");
  await plugTap(lab, "a", `${folder}/theirs`, "10.11.0.1/24");
  await plugTap(lab, "b", `${folder}/ours`, "10.11.0.2/24");
  await until(async () => (await lab.run("a", ["ping", "-c1", "-W1", "10.11.0.2"])).status === 0, "a ping");
  await ping(lab, "a", "10.11.0.2", "-s", "1472");
  await transfer(lab, { from: "a", to: "b", address: "10.11.0.1" });
  await transfer(lab, { from: "b", to: "a", address: "10.11.0.2", port: 5002 });
});

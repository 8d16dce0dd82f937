/**
 * Virtual machines as raw peers, over TCP and over a Unix socket, beside a host with a TAP. What the host sends in
 * large segments they get in ordinary frames. Their kernel has VLAN sub-interfaces, which this machine's may lack.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { kernelTest } from "../support/kernel.js";
import { join, overlay, ping, SERVER_URL, serve, tables, underlay } from "../support/kernel-network.js";
import { temporaryFolder } from "../support/server.js";
import { VM_NEEDS, Vm } from "../support/vm.js";

const LIMIT_MS = 60_000;
const FILE_BLOCKS = 320;
const FILE_BYTES = FILE_BLOCKS * 65_536;
const A = overlay("a").v4;

interface Guest {
  readonly ip: string;
  readonly vlanIp: string;
  readonly mac: string;
}

const GUESTS: readonly [Guest, Guest] = [
  { ip: "10.10.0.11", vlanIp: "10.20.0.11", mac: "02:00:00:00:01:01" },
  { ip: "10.10.0.12", vlanIp: "10.20.0.12", mac: "02:00:00:00:01:02" },
];

/** Makes a file, serves it, fetches the host's, then makes a VLAN sub-interface. */
function guestCommand({ vlanIp }: Guest): string {
  return `
mkdir /www
dd if=/dev/urandom of=/www/file bs=64k count=${FILE_BLOCKS} 2>/dev/null
httpd -h /www
echo "made $(md5sum < /www/file)"
echo "fetched $(wget -q -O - http://${A}/file | md5sum)"
ip link add link eth0 name eth0.10 type vlan id 10
ip address add ${vlanIp}/24 dev eth0.10
ip link set eth0.10 up
echo "VLAN 10 is up"`;
}

/** What the first guest does once the second is there too: fetches from it by VLAN. */
function vlanClient({ vlanIp }: Guest): string {
  return `
until ping -c 1 -W 1 ${vlanIp} > /dev/null; do sleep 0.1; done
echo "pinged $(ping -c 5 -i 0.1 -W 10 ${vlanIp} | grep -c 'bytes from')"
echo "by VLAN $(wget -q -O - http://${vlanIp}/file | md5sum)"`;
}

async function hash(vm: Vm, what: string): Promise<string> {
  return (await vm.waitFor(new RegExp(`${what} ([0-9a-f]{32})`), LIMIT_MS))[1]!;
}

kernelTest(
  "joins VMs over TCP and a Unix socket: ping, files both ways, VLAN",
  { needs: VM_NEEDS },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    mkdirSync(`${folder}/www`);
    const data = randomBytes(FILE_BYTES);
    writeFileSync(`${folder}/www/file`, data);
    const dataHash = createHash("md5").update(data).digest("hex");

    await underlay(lab, ["a", "b"]);
    const listeners = [`unix://${folder}/vm.sock`, `${SERVER_URL}?raw=yes`].flatMap((url) => [
      "--listen",
      url,
    ]);
    const server = await serve(lab, ...listeners, "--insecure");
    await join(lab, "a");
    lab.spawn("a", ["busybox", "httpd", "-f", "-h", `${folder}/www`]);
    const sockets = [
      "addr.type=inet,addr.host=10.9.0.1,addr.port=9621",
      `addr.type=unix,addr.path=${folder}/vm.sock`,
    ];
    const vms = await Promise.all(
      GUESTS.map(({ ip, mac }, index) => {
        const more = index === 0 ? vlanClient(GUESTS[1]) : "";
        const command = guestCommand(GUESTS[index]!) + more;
        return Vm.boot(lab, "b", {
          netdev: `stream,server=off,${sockets[index]}`,
          mac,
          ip: `${ip}/24`,
          command,
        });
      }),
    );

    for (const [index, vm] of vms.entries()) {
      const { ip } = GUESTS[index]!;
      const made = await hash(vm, "made");
      await ping(lab, "a", ip);
      const fetched = await lab.run("a", ["sh", "-c", `busybox wget -q -O - http://${ip}/file | md5sum`]);
      assert.equal(fetched.stdout.slice(0, 32), made);
      assert.equal(await hash(vm, "fetched"), dataHash);
      await vm.waitFor(/VLAN 10 is up/, LIMIT_MS);
    }
    assert.equal((await vms[0]!.waitFor(/pinged (\d)/, LIMIT_MS))[1], "5");
    assert.equal(await hash(vms[0]!, "by VLAN"), await hash(vms[1]!, "made"));
    const { macs } = await tables(server);
    assert.deepEqual(
      GUESTS.map(({ mac }) => macs[mac]),
      ["raw-tcp", "raw-unix"],
    );
  },
);

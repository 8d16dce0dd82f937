/**
 * VMs of two hosts, each host a join that has listeners instead of a device and no rights at all: what is between VMs
 * of one host stays there, all else goes through the hub, and the hub may go and come back.
 */
import assert from "node:assert/strict";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { eventually } from "../support/clock.js";
import { kernelTest } from "../support/kernel.js";
import { READABLE, SERVER_URL, serve, tables, underlay } from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { frame, mac, Peer } from "../support/peers.js";
import { watchRaw } from "../support/raw-watch.js";
import { temporaryFolder } from "../support/server.js";
import { VM_NEEDS, Vm } from "../support/vm.js";

const LIMIT_MS = 90_000;
const BLOCKS = 320;
const LOCAL_TCP = 9_700;
/** Not even root's: it may neither make devices nor set up addresses. */
const WITHOUT_RIGHTS = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"];

interface Guest {
  readonly ip: string;
  readonly mac: string;
}

const [UNIX, TCP, LEGACY] = [1, 2, 3].map((number) => ({
  ip: `10.10.0.${10 + number}`,
  mac: `02:00:00:00:01:0${number}`,
})) as [Guest, Guest, Guest];

/** A host whose VMs come by a path, or by TCP on loopback. */
async function joinForVms(lab: Lab, host: string, path: string): Promise<Child> {
  const listen = [`unix://${path}`, `tcp://127.0.0.1:${LOCAL_TCP}`].flatMap((url) => ["--listen", url]);
  const command = [process.execPath, PROGRAM, "join", SERVER_URL, "--no-tap", "--name", host];
  const child = lab.spawn(host, [...WITHOUT_RIGHTS, ...command, ...READABLE, ...listen]);
  await child.waitFor(/joined/, LIMIT_MS);
  return child;
}

/** Serves a file of 20 MB, and says its hash. */
const SERVING = `
mkdir /www
dd if=/dev/urandom of=/www/file bs=64k count=${BLOCKS} 2>/dev/null
echo "made $(md5sum < /www/file)"
httpd -h /www`;

/** Waits for the other, and pings it. */
function pinging(other: Guest, name: string): string {
  return `
until ping -c 1 -W 1 ${other.ip} > /dev/null; do sleep 0.1; done
echo "pinged ${name} $(ping -c 5 -i 0.1 -W 10 ${other.ip} | grep -c 'bytes from')"`;
}

/** Pings, and fetches the file of the other. */
function fetching(from: Guest, name: string): string {
  return `${pinging(from, name)}
until wget -q -O /tmp/got http://${from.ip}/file; do sleep 0.2; done
echo "fetched ${name} $(md5sum < /tmp/got)"
rm /tmp/got`;
}

async function hash(vm: Vm, what: string): Promise<string> {
  return (await vm.waitFor(new RegExp(`${what} ([0-9a-f]{32})`), LIMIT_MS))[1]!;
}

/** Number of the last ping that was answered. */
function lastPing(vm: Vm): number {
  return Number([...vm.console.matchAll(/seq=(\d+) ttl/g)].at(-1)?.[1] ?? -1);
}

/** Two peers on the socket of one host reach each other. */
async function exchange(path: string, salt: number): Promise<void> {
  const [one, other] = [await Peer.connect({ path }), await Peer.connect({ path })];
  const sent = frame({ from: mac(77), to: mac(78), salt });
  await eventually(() => {
    one.send(sent);
    other.send(frame({ from: mac(78), to: mac(77), salt }));
    return other.frames.some((got) => got.equals(sent)) && one.frames.length > 0;
  }, "two local peers to hear each other");
  one.destroy();
  other.destroy();
}

kernelTest(
  "VMs of two hosts by join --listen, without rights: ping, 20 MB, and the uplink cut and back",
  { needs: [...VM_NEEDS, "setpriv"], timeoutMs: 180_000 },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    const [pathA, pathB] = [`${folder}/a.sock`, `${folder}/b.sock`];
    await underlay(lab, ["a", "b"]);
    const server = await serve(lab);
    const joined = await Promise.all([joinForVms(lab, "a", pathA), joinForVms(lab, "b", pathB)]);
    const watch = await watchRaw(t, `${folder}/vm.sock`, pathA);

    const [unix, tcp, legacy] = (await Promise.all([
      Vm.boot(lab, "a", {
        netdev: `stream,server=off,addr.type=unix,addr.path=${folder}/vm.sock`,
        ...{ ...UNIX, ip: `${UNIX.ip}/24` },
        command: `${fetching(TCP, "tcp")}${pinging(LEGACY, "legacy")}
ping -i 0.2 ${TCP.ip}`,
      }),
      Vm.boot(lab, "b", {
        netdev: `stream,server=off,addr.type=inet,addr.host=127.0.0.1,addr.port=${LOCAL_TCP}`,
        ...{ ...TCP, ip: `${TCP.ip}/24` },
        command: SERVING,
      }),
      Vm.boot(lab, "b", {
        netdev: `socket,connect=127.0.0.1:${LOCAL_TCP}`,
        ...{ ...LEGACY, ip: `${LEGACY.ip}/24` },
        command: fetching(TCP, "tcp"),
      }),
    ])) as [Vm, Vm, Vm];

    const made = await hash(tcp, "made");
    assert.equal(await hash(legacy, "fetched tcp"), made, "on one host");
    assert.equal(await hash(unix, "fetched tcp"), made, "over the hub");
    for (const [vm, other] of [
      [unix, "tcp"],
      [legacy, "tcp"],
      [unix, "legacy"],
    ] as const)
      await vm.waitFor(new RegExp(`pinged ${other} 5`), LIMIT_MS);
    const { macs } = await tables(joined[1]!);
    assert.equal(macs[UNIX.mac], "uplink");
    assert.deepEqual([macs[TCP.mac], macs[LEGACY.mac]].sort(), ["raw-tcp", "raw-tcp-2"]);

    await unix.waitFor(/seq=\d+ ttl/);
    await server.stop();
    await joined[1]!.waitFor(/trying again/, LIMIT_MS);
    await exchange(pathB, 1);
    const before = lastPing(unix);
    await serve(lab);
    await eventually(() => lastPing(unix) > before + 3, "pings over the hub again", LIMIT_MS);
    await exchange(pathB, 2);

    assert.deepEqual(watch.faults, []);
    assert.ok(watch.bytes > BLOCKS * 65_536 && watch.longest <= 1_514 && watch.shortest >= 14);
    t.diagnostic(`${watch.records} records to QEMU, of ${watch.shortest} to ${watch.longest} bytes`);
  },
);

/**
 * `bench -- vm`: what a virtual machine sends to a host, through the switch and through what one would use without
 * it, a TAP on a Linux bridge; without offload there, as QEMU's stream has none either. A second host that joins
 * with --no-offload gets what the VM sent as it came: the difference is what merging neighbouring segments gains.
 */
import { Lab, missing } from "../../src/cli/demo/lab.js";
import { VM_NEEDS, Vm } from "../support/vm.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { SERVER_URL } from "./tunnels/tapswitch.js";
import { buildUnderlay, OVERLAY, temporaryFolder } from "./tunnels/tunnel.js";

const WANTED_RATIO = 0.8;
/** What the guest serves, from its memory. */
const FILE_MB = { full: 96, quick: 16 };
const SWITCHED = "10.10.0.9";
const BRIDGED = "10.20.0.9";

/** Who fetches from where. */
const WAYS = [
  { name: "TAP and bridge", host: "c", guest: BRIDGED },
  { name: "tapswitch", host: "a", guest: SWITCHED },
  { name: "to --no-offload", host: "b", guest: SWITCHED },
] as const;

/** Prints the throughput of each way, and the ratios. */
export async function run(options: BenchOptions): Promise<void> {
  const lacking = missing([...VM_NEEDS, "ethtool", "curl"]);
  if (lacking.length > 0) throw new Error(lacking.join(" "));
  const lab = new Lab();
  try {
    await buildUnderlay(lab, ["s", "a", "b"]);
    await bootSwitched(lab, options.quick);
    await bootBridged(lab, options.quick);
    const [bridged, switched, unmerged] = await measure(lab, options);
    const ratio = switched! / bridged!;
    const verdict = ratio >= WANTED_RATIO ? "" : `  (below ${WANTED_RATIO})`;
    printTable([
      ["VM to host, Gbit/s", ...WAYS.map(({ name }) => name), "tapswitch / bridge", "gain by merging"],
      [
        "TCP, 1 stream",
        ...[bridged!, switched!, unmerged!].map(number),
        number(ratio) + verdict,
        number(switched! / unmerged!),
      ],
    ]);
  } finally {
    await lab.close();
  }
}

async function measure(lab: Lab, { rounds, quick }: BenchOptions): Promise<number[]> {
  const found = WAYS.map((): number[] => []);
  for (const { host, guest } of WAYS) await fetch(lab, host, guest); // one to warm up
  for (let round = 0; round < rounds; round++) {
    for (const [index, { host, guest }] of WAYS.entries()) found[index]!.push(await fetch(lab, host, guest));
    if (!quick) process.stderr.write(`\rround ${round + 1} of ${rounds}  `);
  }
  process.stderr.write("\r");
  return found.map(median);
}

/** Gbit/s of one download. */
async function fetch(lab: Lab, host: string, guest: string): Promise<number> {
  const argv = ["curl", "-sf", "-o", "/dev/null", "-w", "%{speed_download}", `http://${guest}/file`];
  const { stdout } = await lab.run(host, argv, { check: true });
  return (Number(stdout) * 8) / 1e9;
}

async function bootSwitched(lab: Lab, quick: boolean): Promise<void> {
  const path = `${temporaryFolder()}/vm.sock`;
  const server = lab.tapswitch(
    "s",
    "serve",
    "--listen",
    SERVER_URL,
    "--insecure",
    "--listen",
    `unix://${path}`,
  );
  await server.waitFor(/listening on unix/);
  for (const [host, ...more] of [["a"], ["b", "--no-offload"]] as const) {
    const client = lab.tapswitch(
      host,
      "join",
      SERVER_URL,
      "--ip",
      `${OVERLAY[host]}/24`,
      "--name",
      host,
      ...more,
    );
    await client.waitFor(/joined/);
  }
  await boot(lab, `stream,server=off,addr.type=unix,addr.path=${path}`, SWITCHED, quick);
}

async function bootBridged(lab: Lab, quick: boolean): Promise<void> {
  await lab.host("c");
  await lab.cable({ host: "c", device: "eth0", addresses: ["10.20.0.1/24"] }, { host: "s", device: "to-c" });
  await lab.ip("s", "tuntap", "add", "dev", "vm0", "mode", "tap");
  await lab.ip("s", "link", "add", "name", "br1", "type", "bridge");
  for (const device of ["vm0", "to-c"]) await lab.ip("s", "link", "set", "dev", device, "master", "br1");
  for (const device of ["vm0", "br1"]) await lab.up("s", device);
  for (const [host, device] of [
    ["c", "eth0"],
    ["s", "to-c"],
  ] as const)
    await lab.run(host, ["ethtool", "-K", device, ..."tx off rx off tso off gso off gro off".split(" ")]);
  await boot(lab, "tap,ifname=vm0,script=no,downscript=no,vhost=off,vnet_hdr=off", BRIDGED, quick);
}

async function boot(lab: Lab, netdev: string, address: string, quick: boolean): Promise<void> {
  const blocks = (quick ? FILE_MB.quick : FILE_MB.full) * 16;
  const command = `mkdir /www; dd if=/dev/zero of=/www/file bs=64k count=${blocks} 2>/dev/null; httpd -h /www; echo "serving"`;
  const mac = address === SWITCHED ? "02:00:00:00:09:01" : "02:00:00:00:09:02";
  const vm = await Vm.boot(lab, "s", { netdev, mac, ip: `${address}/24`, command });
  await vm.waitFor(/serving/);
}

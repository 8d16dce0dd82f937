/** The lines by which README and examples give QEMU a socket: this machine's QEMU takes them, and meets the switch. */
import assert from "node:assert/strict";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { eventually } from "../support/clock.js";
import { kernelTest } from "../support/kernel.js";
import { qemuLines } from "../support/libvirt.js";
import { TestServer, temporaryFolder } from "../support/server.js";

const LIMIT_MS = 60_000;
/** A machine that never begins to run: its netdevs connect all the same. */
const STOPPED = [
  "qemu-system-x86_64",
  "-accel",
  "tcg",
  "-M",
  "q35",
  "-m",
  "32",
  "-nodefaults",
  "-display",
  "none",
  "-S",
];

function start(lab: Lab, ...args: string[]): Child {
  return lab.spawn("a", [...STOPPED, ...args]);
}

async function up(server: TestServer, name: string): Promise<void> {
  const port = () => server.ports().find((one) => one.name === name);
  await eventually(
    () => port()?.kind === "unix",
    () => `port ${name}, of ${JSON.stringify(server.ports())}`,
    LIMIT_MS,
  );
}

kernelTest(
  "QEMU comes by the socket of the libvirt example, and is dialled by --attach, again when it comes back",
  { needs: ["qemu-system-x86_64"] },
  async (lab, t) => {
    await lab.host("a");
    const folder = temporaryFolder(t);
    const [listens, dialled] = [`${folder}/vms.sock`, `${folder}/vm1.sock`];
    const server = await TestServer.start(t, {
      ...{ listen: [`unix://${listens}`], attach: [`unix://${dialled}?name=vm1`] },
    });

    // The option is of later versions than this machine's, and the bus is PCI Express either way.
    const lines = qemuLines().map((line) =>
      line.replace("/run/tapswitch/vms.sock", listens).replace(/,reconnect-ms=\d+/, ""),
    );
    const guest = start(lab, ...lines, "-name", "guest");
    await up(server, "raw-unix");

    const netdev = ["-netdev", `stream,id=n,server=on,addr.type=unix,addr.path=${dialled}`];
    for (let round = 0; round < 2; round++) {
      const machine = start(lab, ...netdev);
      await up(server, "vm1");
      machine.kill();
      await machine.exit;
      await eventually(() => server.ports()[0]!.kind === null, "the wire to be down", LIMIT_MS);
    }
    const [wire] = [...(await server.server.desk.api.calls.wires!({}))];
    assert.deepEqual([wire!.reconnects, wire!.portName, wire!.port], [1, "vm1", 1]);
    assert.equal(guest.output, "", "QEMU has nothing to complain of");
    guest.kill();
  },
);

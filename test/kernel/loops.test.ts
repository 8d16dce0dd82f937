/** Loops through Linux bridges: what they do to a switch without protection, and how each protection ends them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import {
  join as joinHost,
  overlay,
  SERVER_URL,
  serve,
  Transfer,
  tables,
  underlay,
  until,
} from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";

const [A, D] = [overlay("a"), overlay("d")];
/** Frames of a loop in a second, where nothing bounds them: far more than a few hosts say by themselves. */
const MELTING = 20_000;
/** Loops are found within this time; the machine may be slow to say so. */
const FOUND_MS = 20_000;
/** The shortest times that 802.1D allows, in hundredths of a second; of the least priority, so that it is the root. */
const ROOT_STP = [
  "stp_state",
  "1",
  "forward_delay",
  "200",
  "hello_time",
  "100",
  "max_age",
  "600",
  "priority",
  "0",
];

interface Looped {
  /** Of the ports of both cables, as query. */
  readonly settings?: string;
  readonly options?: readonly string[];
  readonly bridge?: readonly string[];
  /** The second cable is not in the bridge yet: `plug` makes the loop. */
  readonly late?: boolean;
}

/** Hosts a and b join host s, whose switch has two cables to a bridge; host d is behind that. */
async function looped(lab: Lab, { settings = "", options = [], bridge = [], late = false }: Looped = {}) {
  await underlay(lab, ["a", "b"]);
  await lab.host("d");
  await lab.ip("s", "link", "add", "name", "br1", "type", "bridge", ...bridge);
  await lab.up("s", "br1");
  await lab.cable({ host: "d", device: "eth0", addresses: [`${D.v4}/24`] }, { host: "s", device: "to-d" });
  await lab.ip("s", "link", "set", "dev", "to-d", "master", "br1");
  const cables = ["one", "two"].flatMap((name) => [
    "--attach",
    `tap:${name}?name=${name}${name === "two" && late ? "" : "&bridge=br1"}${settings}`,
  ]);
  const listen = ["--listen", SERVER_URL, "--insecure"];
  const server = await serve(lab, ...listen, ...cables, ...options);
  for (const host of ["a", "b"]) await joinHost(lab, host);
  return server;
}

/** Puts the second cable into the bridge. */
async function plug(lab: Lab): Promise<void> {
  await lab.ip("s", "link", "set", "dev", "two", "up", "master", "br1");
}

/** Says something to all, as hosts do now and then. */
function shout(lab: Lab): void {
  lab.spawn("a", ["ping", "-q", "-b", "-c", "5", "-i", "0.2", "10.10.0.255"]);
}

async function reaches(lab: Lab, from: string, to: string): Promise<boolean> {
  return (await lab.run(from, ["ping", "-c", "1", "-W", "1", to])).status === 0;
}

async function framesIn(server: Child): Promise<number> {
  const { ports } = await tables(server);
  return ["one", "two"].reduce((sum, name) => sum + (ports[name]?.framesIn ?? 0), 0);
}

kernelTest("without protection two cables to one bridge melt the network", async (lab) => {
  const off = "&storm-broadcast=off&storm-multicast=off&storm-unknown=off";
  const server = await looped(lab, { settings: off, options: ["--no-loop-probe"] });
  shout(lab);
  await until(async () => (await framesIn(server)) > MELTING, "the loop to melt the network");
  server.kill();
});

kernelTest("with defaults the loop is cut and named, and what others send arrives whole", async (lab) => {
  const server = await looped(lab, { late: true });
  const moving = await Transfer.start(lab, { from: "a", to: "b", address: A.v4, bytes: 500_000_000 });
  await until(async () => (await tables(server)).ports["a"]!.framesIn > 500, "the transfer to be under way");
  await plug(lab);
  shout(lab);
  const named = /a loop: what leaves by port '(one|two)' comes in by port '(one|two)', which is cut off/;
  await server.waitFor(named, FOUND_MS);
  await moving.arrived();
  const before = await framesIn(server);
  await sleep(1_000); // only to see that nothing goes round
  assert.ok((await framesIn(server)) - before < 1_000, "frames still go round");
  await until(() => reaches(lab, "a", D.v4), "host d to answer");
});

kernelTest(
  "with a bridge that runs STP, RSTP closes one of two cables and opens it without the other",
  async (lab, t) => {
    const control = join(temporaryFolder(t), "control.sock");
    const server = await looped(lab, { options: ["--stp", "rstp", "--control", control], bridge: ROOT_STP });
    const states = async (): Promise<string> => {
      const { stdout } = await lab.run(
        "s",
        [process.execPath, PROGRAM, "ports", "--json", "--control", control],
        { check: true },
      );
      const ports = JSON.parse(stdout) as { name: string; role: string; state: string }[];
      const cables = ports.filter(({ name }) => name === "one" || name === "two");
      return cables
        .map(({ role, state }) => `${role} ${state}`)
        .sort()
        .join(", ");
    };
    await until(
      async () => (await states()) === "alternate discarding, root forwarding",
      "one cable to be closed",
    );
    await until(() => reaches(lab, "a", D.v4), "host d to answer");
    shout(lab);
    const before = await framesIn(server);
    await sleep(1_000); // only to see that nothing goes round
    assert.ok((await framesIn(server)) - before < 1_000, "frames go round");
    await lab.ip("s", "link", "set", "dev", "one", "nomaster");
    await until(async () => (await states()).includes("root forwarding"), "the other cable to open");
    await until(() => reaches(lab, "a", D.v4), "host d to answer by the other cable");
  },
);

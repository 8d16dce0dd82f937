/** Multicast goes where a kernel has joined the group, by real IGMP and MLD. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import type { TestContext } from "node:test";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import type { GroupsView } from "../../src/control/group-api.js";
import type { PortView } from "../../src/control/inspect-api.js";
import { kernelTest } from "../support/kernel.js";
import { join, overlay, serve, underlay, until } from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";

const FILM = "239.1.2.3";
const SONG = "ff05::1:3";
/** So few and short that a receive buffer holds them all, if their reader has to wait. */
const DATAGRAMS = 100;
/** What else may reach a host meanwhile: queries, neighbour discovery, a few of ARP. */
const BACKGROUND = 50;
const PORT = 5_007;

const CONFIG = `
serve:
  networks:
    default:
      multicast: { queryInterval: 30, queryResponse: 1 }
`;

/** Joins both groups, and says how many datagrams of each came. */
const LISTENER = `
const { createSocket } = require("node:dgram");
const counts = { udp4: 0, udp6: 0 };
for (const [type, group, on] of [["udp4", "${FILM}", process.argv[1]], ["udp6", "${SONG}", "::%tap0"]]) {
  const socket = createSocket({ type, reuseAddr: true });
  socket.on("message", () => { counts[type]++; console.log(JSON.stringify(counts)); });
  socket.bind(${PORT}, () => { socket.addMembership(group, on); console.log("joined " + type); });
}
`;

/** Sends the datagrams one by one to both groups. */
const SENDER = `
const { createSocket } = require("node:dgram");
const ways = [["udp4", "${FILM}", process.argv[1]], ["udp6", "${SONG}", "::%tap0"]].map(([type, group, on]) => {
  const socket = createSocket(type);
  return new Promise((ready) => socket.bind(0, () => {
    socket.setMulticastInterface(on);
    socket.setMulticastTTL(4);
    ready((left) => new Promise((sent) => socket.send(Buffer.alloc(100, left), ${PORT}, group, sent)));
  }));
});
Promise.all(ways).then(async (sends) => {
  for (let left = ${DATAGRAMS}; left > 0; left--) for (const send of sends) await send(left);
  console.log("sent");
  process.exit(0);
});
`;

class Cinema {
  readonly #lab: Lab;
  readonly #control: string;

  private constructor(lab: Lab, control: string) {
    this.#lab = lab;
    this.#control = control;
  }

  /** A switch that snoops, and hosts a, b and c. */
  static async open(lab: Lab, t: TestContext): Promise<Cinema> {
    const folder = mkdtempSync(joinPath(tmpdir(), "tapswitch-test-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [config, control] = [joinPath(folder, "tapswitch.yaml"), joinPath(folder, "control.sock")];
    writeFileSync(config, CONFIG);
    await underlay(lab, ["a", "b", "c"]);
    await serve(lab, "--config", config, "--control", control);
    for (const host of ["a", "b", "c"]) await join(lab, host, ["--dev", "tap0"]);
    return new Cinema(lab, control);
  }

  listen(host: string): Child {
    return this.#run(host, LISTENER);
  }

  async send(host: string): Promise<void> {
    await this.#run(host, SENDER).waitFor(/sent/, 60_000);
  }

  /** The ports that listen to a group. */
  async listeners(group: string): Promise<string[]> {
    const { groups } = await this.groups();
    return (groups.find((one) => one.group === group)?.ports ?? []).map(({ name }) => name);
  }

  groups(): Promise<GroupsView> {
    return this.#ask("groups") as Promise<GroupsView>;
  }

  /** Frames that the host has got so far. */
  async framesTo(host: string): Promise<number> {
    const ports = (await this.#ask("ports")) as PortView[];
    return ports.find(({ name }) => name === host)!.framesOut;
  }

  async #ask(command: string): Promise<unknown> {
    const argv = [process.execPath, PROGRAM, command, "--json", "--control", this.#control];
    return JSON.parse((await this.#lab.run("s", argv, { check: true })).stdout);
  }

  #run(host: string, program: string): Child {
    return this.#lab.spawn(host, [process.execPath, "-e", program, overlay(host).v4]);
  }
}

kernelTest(
  "a stream reaches only the port whose kernel has joined the group, until it leaves",
  async (lab, t) => {
    const cinema = await Cinema.open(lab, t);
    const listener = cinema.listen("b");
    await until(async () => {
      const [film, song] = [await cinema.listeners(FILM), await cinema.listeners(SONG)];
      return film.join() === "b" && song.join() === "b";
    }, "b in both groups");
    await until(async () => {
      const { queriers } = await cinema.groups();
      return (
        queriers.length >= 2 &&
        queriers.every(({ restricts, openPorts }) => restricts && openPorts.length === 0)
      );
    }, "the time in which hosts may still answer to be over");

    const before = [await cinema.framesTo("b"), await cinema.framesTo("c")] as const;
    await cinema.send("a");
    await listener.waitFor(new RegExp(`"udp4":${DATAGRAMS},"udp6":${DATAGRAMS}`), 60_000);
    assert.ok((await cinema.framesTo("b")) - before[0] >= 2 * DATAGRAMS);
    const bystander = (await cinema.framesTo("c")) - before[1];
    assert.ok(bystander < BACKGROUND, `${bystander} frames reached c`);

    await listener.stop();
    await until(async () => (await cinema.listeners(FILM)).length === 0, "b to have left the IPv4 group");
    await until(async () => (await cinema.listeners(SONG)).length === 0, "b to have left the IPv6 group");
    const left = await cinema.framesTo("b");
    await cinema.send("a");
    const after = (await cinema.framesTo("b")) - left;
    assert.ok(after < BACKGROUND, `${after} frames reached b`);
  },
);

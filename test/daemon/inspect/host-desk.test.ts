import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostFilter } from "../../../src/control/host-api.js";
import { HostBook } from "../../../src/control/host-book.js";
import { hostDesk } from "../../../src/daemon/inspect/host-desk.js";
import type { Switch } from "../../../src/switch/switch.js";
import { arpRequest, BROADCAST, batchOf, frame, macOf } from "../../support/frames.js";
import { Lab } from "../../support/topology.js";

/** Two networks with ports "anna" and "ben"; a book looks on in the first one only. */
function labs() {
  const lab = new Lab();
  const [blue, red] = [lab.switch({ name: "blue" }), lab.switch({ name: "red" })];
  const book = new HostBook();
  blue.observe(book);
  const hosts = { ...lab.hosts(blue, "anna", "ben"), ...lab.hosts(red, "carl") };
  const networks = (): Switch[] => [blue, red];
  const bookOf = (network: Switch) => (network === blue ? book : undefined);
  const desk = hostDesk({ clock: lab.clock, networks, bookOf });
  const ask = async (given: object = {}) => [...(await desk.hosts(HostFilter.parse(given)))];
  return { blue, hosts, ask };
}

describe("the question about hosts", () => {
  test("is answered with each address, where it is and which IP addresses it has", async () => {
    const { hosts, ask } = labs();
    const { anna, carl } = hosts;
    anna.sends(arpRequest(anna, "10.0.0.9"));
    carl.sends(arpRequest(carl, "10.0.0.9"));
    assert.deepEqual(await ask(), [
      {
        network: "blue",
        mac: anna.mac,
        vlan: 0,
        port: 1,
        portName: "anna",
        ageMs: 0,
        static: false,
        ips: ["10.0.0.1"],
      },
      { network: "red", mac: carl.mac, vlan: 0, port: 1, portName: "carl", ageMs: 0, static: false, ips: [] },
    ]);
  });

  test("is answered for the ports that are named, and for so many of each", async () => {
    const { blue, hosts, ask } = labs();
    for (const [index, { port }] of [hosts.anna, hosts.ben].entries()) {
      const batch = Array.from({ length: 9 }, (_, at) =>
        frame({ to: BROADCAST, from: macOf(100 * (index + 1) + at) }),
      );
      blue.receive(port, batchOf(...batch), 0);
    }
    const ports = (found: { portName: string }[]): string =>
      found.map(({ portName }) => portName[0]).join("");
    assert.equal(ports(await ask({ at: "blue/2", perPort: 3 })), "bbb");
    assert.equal(ports(await ask({ at: ["blue/1", "blue/2"], perPort: "2" })), "aabb");
    assert.equal(ports(await ask({ at: ["red/1", "blue/7"] })), "");
    assert.equal(ports(await ask({ limit: 4 })), "aaaa");
  });

  test("finds what has every word, in MAC, IP address, port, network or VLAN", async () => {
    const { hosts, ask } = labs();
    const { anna, ben } = hosts;
    anna.sends(arpRequest(anna, "10.0.0.9"));
    ben.announces(7);
    const found = async (search: string): Promise<string[]> =>
      (await ask({ search })).map(({ portName }) => portName);
    assert.deepEqual(await found("10.0.0.1"), ["anna"]);
    assert.deepEqual(await found("BLUE vlan 7"), ["ben"]);
    assert.deepEqual(await found(`an ${anna.mac.toUpperCase().slice(-5)}`), ["anna"]);
    assert.deepEqual(await found("red"), []);
    assert.deepEqual(await found(""), ["anna", "ben"]);
  });

  test("takes no more than 64 ports and 100 letters", () => {
    const at = Array.from({ length: 65 }, (_, index) => `blue/${index}`);
    for (const given of [
      { at },
      { at: "blue" },
      { search: "x".repeat(101) },
      { limit: 1_001 },
      { perPort: 0 },
    ])
      assert.equal(HostFilter.safeParse(given).success, false, JSON.stringify(given).slice(0, 40));
  });
});

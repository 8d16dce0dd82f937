/** An address belongs to the port that DHCP gave it to, or that used it first; nobody else speaks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBytes } from "../../src/frame/dhcp4-writer.js";
import { FIRST_USE_MS } from "../../src/switch/guard/address-claims.js";
import { BindingTable, MAX_BINDINGS, MAX_PORT_BINDINGS } from "../../src/switch/guard/binding-table.js";
import { fromClient, fromServer, ipOf } from "../support/dhcp.js";
import { macOf } from "../support/frames.js";
import { guarded } from "../support/guarded.js";
import type { Host } from "../support/topology.js";
import { advertisement, arp, ip4, solicitation } from "../switch/claims.js";

const says = (host: Host, ip: string, vlan?: number) =>
  arp({ from: host, ...(vlan === undefined ? {} : { tags: [[0x8100, vlan]] as const }) }, { mac: host, ip });

function give(server: Host, client: Host, ip: string, seconds = 600): void {
  const xid = ipOf(ip);
  client.sends(fromClient({ from: client, type: 3, xid }));
  const options = [[51, addressBytes(seconds)]] as const;
  server.sends(fromServer({ from: server, to: client, type: 5, xid, yourAddress: ipOf(ip), options }));
}

test("whoever uses an address first has it, and another cannot take it", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "first" });
  anna.sends(says(anna, "10.0.0.2")).reaches(server, ben, mallory);
  mallory.sends(says(mallory, "10.0.0.2")).reachesNobody();
  mallory.sends(arp({ from: mallory }, { mac: anna, ip: "10.0.0.2" })).reachesNobody();
  mallory.sends(says(mallory, "10.0.0.9")).reaches(server, anna, ben);
  anna.sends(says(anna, "10.0.0.2")).reaches(server, ben, mallory);
  assert.equal(mallory.port.counters.drops.security, 2);
});

test("the same address in another VLAN is another one", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "first" });
  anna.sends(says(anna, "10.0.0.2", 7));
  mallory.sends(says(mallory, "10.0.0.2", 8)).reaches(server, anna, ben);
  mallory.sends(says(mallory, "10.0.0.2", 7)).reachesNobody();
});

test("a probe claims nothing, and asks about every address", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "strict" });
  mallory.sends(says(mallory, "0.0.0.0")).reaches(server, anna, ben);
});

test("an address is free again when its port has gone, or has long not used it", () => {
  const { lab, server, anna, ben, mallory } = guarded({ addresses: "first" });
  anna.sends(says(anna, "10.0.0.2"));
  lab.advance(FIRST_USE_MS / 2);
  anna.sends(says(anna, "10.0.0.2"));
  lab.advance(FIRST_USE_MS / 2 + 1_000);
  mallory.sends(says(mallory, "10.0.0.2")).reachesNobody();
  lab.advance(FIRST_USE_MS / 2);
  mallory.sends(says(mallory, "10.0.0.2")).reaches(server, anna, ben);
  mallory.unplug();
  ben.sends(says(ben, "10.0.0.2")).reaches(server, anna);
});

test("what DHCP gave counts more than first use, and outlasts a port that comes back", () => {
  const { lan, server, anna, ben, mallory } = guarded({ addresses: "first" });
  mallory.sends(says(mallory, "10.0.0.2"));
  give(server, anna, "10.0.0.2");
  mallory.sends(says(mallory, "10.0.0.2")).reachesNobody();
  anna.unplug();
  mallory.sends(says(mallory, "10.0.0.2")).reachesNobody();
  anna.plugInto(lan);
  anna.sends(says(anna, "10.0.0.2")).reaches(server, ben, mallory);
  anna.sends(arp({ from: anna }, { mac: macOf(99), ip: "10.0.0.2" })).reachesNobody();
});

test("strict: only what DHCP gave, but to trusted ports and those whose grant names addresses", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "strict", bound: "ben" });
  anna.sends(says(anna, "10.0.0.2")).reachesNobody();
  give(server, anna, "10.0.0.2");
  anna.sends(says(anna, "10.0.0.2")).reaches(server, ben, mallory);
  server.sends(says(server, "10.0.0.1")).reaches(anna, ben, mallory);
  ben.sends(says(ben, "10.0.0.3")).reaches(server, anna, mallory);
  mallory.sends(says(mallory, "10.0.0.1")).reachesNobody();
  give(server, anna, "10.0.0.2", 0);
  anna.sends(says(anna, "10.0.0.2")).reachesNobody();
});

test("a trusted port takes any address, such as one that moves between two routers", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "first" });
  mallory.sends(says(mallory, "10.0.0.1"));
  server.sends(says(server, "10.0.0.1")).reaches(anna, ben, mallory);
  mallory.sends(says(mallory, "10.0.0.1")).reachesNobody();
});

test("neighbour discovery is held to the same rule", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "first" });
  anna.sends(solicitation({ from: anna }, "::", "fd00::2")).reaches(server, ben, mallory);
  mallory.sends(advertisement({ from: mallory }, "fe80::6", "fd00::2", mallory)).reachesNobody();
  mallory.sends(solicitation({ from: mallory }, "fd00::2", "fd00::1", mallory)).reachesNobody();
  mallory.sends(solicitation({ from: mallory }, "::", "fd00::2")).reachesNobody();
  anna.sends(advertisement({ from: anna }, "fd00::2", "fd00::2", anna)).reaches(server, ben, mallory);
  mallory.sends(advertisement({ from: mallory }, "fd00::2", "fd00::6", mallory)).reachesNobody();
  assert.equal(mallory.port.counters.drops.security, 4);
});

test("strict leaves hosts their link-local addresses, which nobody gives", () => {
  const { server, anna, ben, mallory } = guarded({ addresses: "strict" });
  anna.sends(solicitation({ from: anna }, "::", "fe80::2")).reaches(server, ben, mallory);
  mallory.sends(solicitation({ from: mallory }, "::", "fe80::2")).reachesNobody();
  mallory.sends(solicitation({ from: mallory }, "::", "fd00::2")).reachesNobody();
});

test("discovery that no receiver would take goes no further", () => {
  const { mallory } = guarded({ addresses: "first" });
  const far = solicitation({ from: mallory }, "fd00::6", "fd00::1", mallory);
  far[21] = 254;
  mallory.sends(far).reachesNobody();
});

test("a port that claims more than anyone needs is refused, and others are not", () => {
  const { server, anna, ben, mallory, guard } = guarded({ addresses: "first" });
  const claims = Array.from({ length: MAX_PORT_BINDINGS + 5 }, (_, index) =>
    says(mallory, `10.9.${index >>> 8}.${index & 0xff}`),
  );
  mallory.sends(...claims);
  assert.equal(mallory.port.counters.drops.security, 5);
  assert.equal(guard.bindings.countOf("mallory"), MAX_PORT_BINDINGS);
  anna.sends(says(anna, "10.0.0.2")).reaches(server, ben, mallory);
});

test("the table of bindings is bounded, and finds each by its address and VLAN", () => {
  const table = new BindingTable();
  const mac = { high: 0x0200, low: 1 };
  const binding = (index: number) => ({
    ...{
      vlan: index % 3,
      mac,
      portName: `port-${index >>> 9}`,
      origin: "first" as const,
      expiresAt: 1,
      flags: -1,
    },
    address: addressBytes(index),
  });
  let taken = 0;
  for (let index = 0; index < MAX_BINDINGS + 100; index++) if (table.put(binding(index))) taken++;
  assert.equal(taken, MAX_BINDINGS);
  assert.equal(table.find(1, addressBytes(400), 0, 4)!.portName, "port-0");
  assert.equal(table.find(2, addressBytes(400), 0, 4), null);
  assert.equal(table.find(1, ip4("9.9.9.9"), 0, 4), null);
  table.sweep(1);
  assert.equal(table.size, 0);
  assert.equal(table.countOf("port-0"), 0);
});

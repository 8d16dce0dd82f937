/** Multicast goes where somebody listens [RFC 4541]. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IpGroup } from "../../src/frame/ip-group.js";
import { parseMac } from "../../src/frame/mac.js";
import {
  type MulticastOptions,
  type MulticastPortRules,
  MulticastSnooping,
} from "../../src/switch/multicast/snooping.js";
import type { Port } from "../../src/switch/port.js";
import { BROADCAST, ethernet, frame, MULTICAST, octets } from "../support/frames.js";
import {
  igmpLeave,
  igmpQuery,
  igmpRecords,
  igmpReport,
  ipv4,
  mldDone,
  mldQuery,
  mldRecords,
  mldReport,
  stream,
  TO_EX,
  TO_IN,
} from "../support/group-talk.js";
import { type Host, Lab } from "../support/topology.js";

const MAC = "02:00:00:00:99:99";
const FILM = "239.1.2.3";
const SONG = "ff05::1:3";
/** The group of a query that asks for all, of IPv4. */
const EVERY = "0.0.0.0";
/** Until hosts have had the time to answer the first query. */
const ANSWERED_MS = 12_000;

/** A switch that snoops, with a router that asks or the switch's own querier, and three hosts. */
function cinema(options: Partial<MulticastOptions> = {}, rules: Record<string, MulticastPortRules> = {}) {
  const lab = new Lab();
  const lan = lab.switch();
  const snooping = new MulticastSnooping({
    mac: parseMac(MAC),
    rulesOf: ({ name }: Port) => rules[name] ?? {},
    ...options,
  });
  lan.use(snooping);
  lan.groups = snooping;
  const hosts = lab.hosts(lan, "anna", "ben", "carl", "router");
  return { lab, lan, snooping, ...hosts };
}

/** As `cinema`, when all hosts have been asked and could have answered. */
function openCinema(options: Partial<MulticastOptions> = {}, rules: Record<string, MulticastPortRules> = {}) {
  const all = cinema(options, rules);
  all.anna.sends(stream({ from: all.anna }, FILM, "x"), stream({ from: all.anna }, SONG, "x"));
  wait(all.lab, ANSWERED_MS);
  return all;
}

/** Lets time pass, and what was sent meanwhile arrive. */
function wait(lab: Lab, ms: number): void {
  lab.advance(ms);
  lab.settle();
}

function film(from: Host): Buffer {
  return stream({ from }, FILM, "film");
}

describe("a group's frames", () => {
  test("reach only the ports with a member, whatever version it speaks", () => {
    const { anna, ben, carl } = openCinema();
    anna.sends(film(anna)).reachesNobody();
    ben.sends(igmpReport({ from: ben }, FILM));
    anna.sends(film(anna)).reaches(ben);
    carl.sends(igmpRecords({ from: carl }, [TO_EX, FILM]));
    anna.sends(film(anna)).reaches(ben, carl);
    ben.sends(film(ben)).reaches(carl);
  });

  test("of IPv6 likewise", () => {
    const { lab, anna, ben, carl } = openCinema();
    ben.sends(mldReport({ from: ben }, SONG));
    carl.sends(mldRecords({ from: carl }, [TO_IN, SONG, "fd00::1"]));
    anna.sends(stream({ from: anna }, SONG, "song")).reaches(ben, carl);
    carl.sends(mldDone({ from: carl }, SONG));
    ben.sends(mldRecords({ from: ben }, [TO_IN, SONG]));
    wait(lab, 4_000);
    anna.sends(stream({ from: anna }, SONG, "song")).reachesNobody();
  });

  test("that share a MAC with another group stay apart", () => {
    const { anna, ben } = openCinema();
    ben.sends(igmpReport({ from: ben }, "239.1.2.3"));
    anna.sends(stream({ from: anna }, "239.129.2.3", "other")).reachesNobody();
  });

  test("stay in their VLAN", () => {
    const { lab, anna, ben, carl } = openCinema();
    anna.sends(stream({ from: anna, vlan: 7 }, FILM, "x"));
    wait(lab, ANSWERED_MS);
    ben.sends(igmpReport({ from: ben, vlan: 7 }, FILM));
    carl.sends(igmpReport({ from: carl }, FILM));
    anna.sends(stream({ from: anna, vlan: 7 }, FILM, "film")).reaches(ben);
    anna.sends(film(anna)).reaches(carl);
  });

  test("reach everybody where unregistered ones are to be flooded, until somebody asks for them", () => {
    const { anna, ben, carl, router } = openCinema({ unregistered: "flood" });
    anna.sends(film(anna)).reaches(ben, carl, router);
    ben.sends(igmpReport({ from: ben }, FILM));
    anna.sends(film(anna)).reaches(ben);
  });
});

describe("to everybody go", () => {
  test("addresses that all listen to unasked", () => {
    const { anna, ben, carl, router } = openCinema();
    for (const group of ["224.0.0.251", "224.0.0.1", "ff02::1", "ff02::1:ff00:1234"])
      anna.sends(stream({ from: anna }, group, "all")).reaches(ben, carl, router);
  });

  test("broadcasts, and groups that are not of IP", () => {
    const { anna, ben, carl, router } = openCinema();
    anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, carl, router);
    anna.sends(frame({ to: "01:80:c2:00:00:21", from: anna })).reaches(ben, carl, router);
    anna.sends(frame({ to: MULTICAST, from: anna })).reaches(ben, carl, router);
  });

  test("an IP packet to a group whose MAC is another's", () => {
    const { anna, ben, carl, router } = openCinema();
    const forged = film(anna);
    forged.set(octets("01:00:5e:7f:00:01"), 0);
    anna.sends(forged).reaches(ben, carl, router);
  });

  test("all groups, as long as hosts have not had the time to say what they want", () => {
    const { lab, anna, ben, carl, router } = cinema();
    anna.sends(film(anna)).reaches(ben, carl, router);
    wait(lab, 9_000);
    anna.sends(film(anna)).reaches(ben, carl, router);
    wait(lab, 3_000);
    anna.sends(film(anna)).reachesNobody();
  });

  test("all groups where nobody asks, and again when the router that asked has fallen silent", () => {
    const { lab, anna, ben, carl, router } = openCinema({ querier: false });
    anna.sends(film(anna)).reaches(ben, carl, router);
    router.sends(igmpQuery({ from: router, source: "10.0.0.254" }));
    wait(lab, ANSWERED_MS);
    anna.sends(film(anna)).reaches(router);
    wait(lab, 256_000);
    anna.sends(film(anna)).reaches(ben, carl, router);
  });
});

describe("what hosts say", () => {
  test("goes to routers only, so that no host keeps quiet because of another", () => {
    const { anna, router } = openCinema();
    anna.sends(igmpReport({ from: anna }, FILM)).reachesNobody();
    router.sends(igmpQuery({ from: router, source: "10.0.0.254" }));
    for (const said of [igmpReport({ from: anna }, FILM), igmpLeave({ from: anna }, FILM)])
      anna.sends(said).reaches(router);
    anna.sends(igmpRecords({ from: anna }, [TO_EX, FILM])).reaches(router);
  });

  test("that nobody understands goes to all", () => {
    const { anna, ben, carl, router } = openCinema();
    const unknown = igmpLeave({ from: anna }, FILM);
    unknown[14 + 24] = 0x7e;
    anna.sends(unknown).reaches(ben, carl, router);
  });

  test("is believed only where its checksum is right", () => {
    const { anna, ben } = openCinema();
    const damaged = igmpReport({ from: ben }, FILM);
    damaged[14 + 24 + 7]! ^= 4;
    ben.sends(damaged);
    anna.sends(film(anna)).reachesNobody();
  });
});

describe("routers", () => {
  test("get everything from the first query on, and nothing more when they fall silent", () => {
    const { lab, anna, ben, router } = openCinema();
    router
      .sends(igmpQuery({ from: router, source: "10.0.0.254" }))
      .reaches(anna, ben, ...others(lab, anna, ben, router));
    anna.sends(film(anna)).reaches(router);
    wait(lab, 256_000);
    anna.sends(film(anna)).reachesNobody();
  });

  test("show themselves by PIM and by multicast router discovery too", () => {
    const { anna, router, carl } = openCinema();
    router.sends(pimHello(router));
    anna.sends(film(anna)).reaches(router);
    carl.sends(routerAdvertisement(carl));
    anna.sends(film(anna)).reaches(router, carl);
  });

  test("can be named beforehand, and be refused where there must be none", () => {
    const { anna, ben, carl, router } = openCinema(
      {},
      { router: { router: "always" }, carl: { router: "never" } },
    );
    anna.sends(film(anna)).reaches(router);
    carl.sends(igmpQuery({ from: carl, source: "10.0.0.1" })).reachesNobody();
    assert.equal(carl.port.counters.drops.security, 1);
    carl.sends(pimHello(carl));
    ben.sends(film(ben)).reaches(router);
  });
});

describe("a member that leaves", () => {
  test("is asked about, and gone if nobody is left", () => {
    const { lab, anna, ben } = openCinema();
    ben.sends(igmpReport({ from: ben }, FILM));
    ben.sends(igmpLeave({ from: ben }, FILM));
    assert.equal(queries(ben, FILM), 1);
    anna.sends(film(anna)).reaches(ben);
    wait(lab, 4_000);
    anna.sends(film(anna)).reachesNobody();
  });

  test("stays where another host answers for the port", () => {
    const { lab, anna, ben } = openCinema();
    ben.sends(igmpReport({ from: ben }, FILM));
    ben.sends(igmpLeave({ from: ben }, FILM));
    wait(lab, 1_000);
    ben.sends(igmpReport({ from: "02:00:00:00:00:77" }, FILM));
    wait(lab, 10_000);
    anna.sends(film(anna)).reaches(ben);
  });

  test("is gone at once with fast leave", () => {
    const { anna, ben } = openCinema({}, { ben: { fastLeave: true } });
    ben.sends(igmpReport({ from: ben }, FILM));
    ben.sends(igmpRecords({ from: ben }, [TO_IN, FILM]));
    anna.sends(film(anna)).reachesNobody();
  });

  test("is not believed while a host of IGMPv1 is there, which cannot say that it stays", () => {
    const { lab, anna, ben } = openCinema({}, { ben: { fastLeave: true } });
    ben.sends(igmpReport({ from: ben }, FILM, 1));
    ben.sends(igmpLeave({ from: ben }, FILM));
    wait(lab, 5_000);
    anna.sends(film(anna)).reaches(ben);
  });

  test("without a word is forgotten after two queries and an answer's time", () => {
    const { lab, anna, ben } = openCinema();
    ben.sends(igmpReport({ from: ben }, FILM));
    wait(lab, 259_000);
    anna.sends(film(anna)).reaches(ben);
    wait(lab, 2_000);
    anna.sends(film(anna)).reachesNobody();
  });

  test("with its cable is forgotten at once", () => {
    const { lab, anna, ben, snooping } = openCinema();
    ben.sends(igmpReport({ from: ben }, FILM));
    ben.unplug();
    assert.deepEqual(snooping.snapshot().groups, []);
    lab.settle();
    anna.sends(film(anna)).reachesNobody();
  });
});

describe("this switch asks", () => {
  test("twice soon, then every 125 seconds, in both IP versions", () => {
    const { lab, anna } = cinema();
    anna.sends(film(anna), stream({ from: anna }, SONG, "x"));
    anna.inbox = [];
    const asked: number[] = [];
    for (let second = 1; second <= 300; second++) {
      wait(lab, 1_000);
      for (let count = queries(anna); count > 0; count--) asked.push(second);
      anna.inbox = [];
    }
    assert.deepEqual(asked, [1, 1, 33, 33, 158, 158, 283, 283]);
  });

  test("not while another one does, whose address is lower or who has one at all", () => {
    const { lab, anna, router } = openCinema();
    router.sends(igmpQuery({ from: router, source: "10.0.0.254" }));
    anna.inbox = [];
    wait(lab, 250_000);
    assert.equal(queries(anna, EVERY), 0);
    wait(lab, 10_000);
    assert.equal(queries(anna, EVERY), 1, "asks again once the other one is silent");
  });

  test("on where another one's address is higher", () => {
    const { lab, anna, router, snooping } = openCinema({
      address: new IpGroup().readIpv4(ipv4("10.0.0.2"), 0),
    });
    router.sends(igmpQuery({ from: router, source: "10.0.0.254" }));
    assert.equal(snooping.snapshot().listenings[0]!.querier, "self");
    anna.sends(film(anna)).reaches(router);
    wait(lab, 1_000);
  });

  test("in IPv6 the lower link-local address goes on", () => {
    const { router, snooping } = openCinema();
    router.sends(mldQuery({ from: router, source: "fe80::1" }));
    const mld = snooping.snapshot().listenings.find(({ protocol }) => protocol === "mld")!;
    assert.deepEqual([mld.querier, mld.querierPort], ["fe80::1", "router"]);
  });

  test("who comes new, which gets everything until it could have answered", () => {
    const { lab, lan, anna } = openCinema();
    const dora = lab.host("dora", lan);
    lab.settle();
    assert.equal(queries(dora), 2);
    anna.sends(film(anna)).reaches(dora);
    wait(lab, ANSWERED_MS);
    anna.sends(film(anna)).reachesNobody();
  });

  test("in each VLAN with its tag, or without one at an access port of the VLAN", () => {
    const { lab, lan, anna, ben } = cinema();
    anna.sends(stream({ from: anna, vlan: 7 }, FILM, "x"));
    wait(lab, 1_000);
    const tagged = ben.inbox.filter((one) => one.readUInt32BE(12) === 0x8100_0007 && one[18 + 24] === 0x11);
    assert.equal(tagged.length, 1);
    const [eve, fay] = [lab.host("eve", lan, { accessVlan: 7 }), lab.host("fay", lan, { accessVlan: 8 })];
    lab.settle();
    assert.deepEqual([queries(eve, EVERY), queries(fay, EVERY)], [1, 0]);
  });

  test("with frames that hosts take: to all hosts, router alert, hop limit 1", () => {
    const { lab, anna } = cinema();
    anna.sends(film(anna));
    anna.inbox = [];
    wait(lab, 1_000);
    const [query] = anna.inbox;
    assert.equal(query!.toString("hex", 0, 14), `01005e000001${MAC.replaceAll(":", "")}0800`);
    assert.deepEqual([query![14 + 8], query!.toString("hex", 34, 38)], [1, "94040000"]);
  });
});

describe("bounds", () => {
  test("a port with more groups than are kept gets all multicast, with one event", () => {
    const { lab, anna, ben, snooping } = openCinema({ maxPortGroups: 3 });
    for (let group = 1; group <= 5; group++) ben.sends(igmpReport({ from: ben }, `239.0.0.${group}`));
    assert.equal(snooping.figures()["overLimit"], 2);
    anna.sends(film(anna)).reaches(ben);
    wait(lab, 261_000);
    anna.sends(film(anna)).reachesNobody();
  });

  test("so does one that asks when the network has as many groups as it keeps", () => {
    const { anna, ben, carl, snooping } = openCinema({ maxGroups: 3 });
    for (let group = 1; group <= 3; group++) ben.sends(igmpReport({ from: ben }, `239.0.0.${group}`));
    carl.sends(igmpReport({ from: carl }, FILM));
    assert.equal(snooping.snapshot().groups.length, 3);
    anna.sends(film(anna)).reaches(carl);
  });

  test("in more VLANs than are looked after everything goes everywhere", () => {
    const { lab, anna, ben, carl, router } = openCinema();
    for (let vlan = 1; vlan < 300; vlan++) anna.sends(stream({ from: anna, vlan }, FILM, "x"));
    wait(lab, ANSWERED_MS);
    anna.sends(stream({ from: anna, vlan: 1 }, FILM, "x")).reachesNobody();
    anna.sends(stream({ from: anna, vlan: 299 }, FILM, "x")).reaches(ben, carl, router);
  });
});

test("the snapshot says who listens to what, who asks, and where routers are", () => {
  const { ben, router, snooping } = openCinema();
  ben.sends(igmpReport({ from: ben }, FILM));
  router.sends(igmpQuery({ from: router, source: "10.0.0.254" }));
  assert.deepEqual(snooping.snapshot().groups, [
    { vlan: 0, group: FILM, ports: [{ name: "ben", expiresInS: 260 }] },
  ]);
  assert.deepEqual(snooping.snapshot().listenings[0], {
    vlan: 0,
    protocol: "igmp",
    querier: "10.0.0.254",
    querierPort: "router",
    restricts: true,
    openPorts: ["router"],
  });
});

/** How many queries wait in the host's inbox; about this group, or about all. */
function queries(host: Host, group?: string): number {
  const address = group === undefined ? "00000000" : ipv4(group).toString("hex");
  return host.inbox.filter((one) => {
    if (one.readUInt16BE(12) === 0x0800)
      return one[14 + 24] === 0x11 && one.toString("hex", 42, 46) === address;
    return one.readUInt16BE(12) === 0x86dd && one[14 + 48] === 130 && group === undefined;
  }).length;
}

function others(lab: Lab, ...not: Host[]): Host[] {
  return lab.everyHost.filter((host) => !not.includes(host));
}

/** PIM hello, version 2 [RFC 7761 4.9.2]. */
function pimHello(from: Host): Buffer {
  const header = Buffer.from("45c0001c000000000167000" + "00a0000fee000000d", "hex");
  const hello = Buffer.from("2000dfff00000000", "hex");
  return Buffer.concat([
    ethernet({ to: "01:00:5e:00:00:0d", from }, 0x0800, header, hello),
    Buffer.alloc(18),
  ]);
}

/** The advertisement of RFC 4286, section 3, with its checksum. */
function routerAdvertisement(from: Host): Buffer {
  const header = Buffer.from("45c0001c000000000102000" + "00a0000fee000006a", "hex");
  const message = Buffer.from("3014cfeb00000000", "hex");
  return Buffer.concat([
    ethernet({ to: "01:00:5e:00:00:6a", from }, 0x0800, header, message),
    Buffer.alloc(18),
  ]);
}

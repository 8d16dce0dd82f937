/** Who listens, who asks, and how much of it is kept. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IpGroup } from "../../src/frame/ip-group.js";
import {
  ANSWERED_MS,
  cinema,
  EVERY,
  FILM,
  film,
  MAC,
  openCinema,
  queries,
  SONG,
  wait,
} from "../support/cinema.js";
import {
  igmpLeave,
  igmpQuery,
  igmpRecords,
  igmpReport,
  ipv4,
  mldQuery,
  stream,
  TO_IN,
} from "../support/group-talk.js";

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
    const [eve, fay] = [
      lab.host("eve", lan, { vlans: { access: 7 } }),
      lab.host("fay", lan, { vlans: { access: 8 } }),
    ];
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

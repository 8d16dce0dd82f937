/** Multicast goes where somebody listens [RFC 4541]. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ANSWERED_MS,
  cinema,
  FILM,
  film,
  openCinema,
  others,
  pimHello,
  routerAdvertisement,
  SONG,
  wait,
} from "../support/cinema.js";
import { BROADCAST, frame, MULTICAST, octets } from "../support/frames.js";
import {
  igmpLeave,
  igmpQuery,
  igmpRecords,
  igmpReport,
  mldDone,
  mldRecords,
  mldReport,
  stream,
  TO_EX,
  TO_IN,
} from "../support/group-talk.js";

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

/** What the switch's own DHCP server is told, what it bears, and what it leaves alone. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DhcpOption, readDhcp4 } from "../../src/frame/dhcp4.js";
import { MAX_PROBES } from "../../src/switch/dhcp/dhcp-station.js";
import type { Lease } from "../../src/switch/dhcp/lease.js";
import { fromClient, ipOf, ipText } from "../support/dhcp.js";
import { arpRequest, ethernet, frame, macOf, octets } from "../support/frames.js";
import { check } from "../support/generated.js";
import { acquire, discover, leasing, option, SERVER, SERVER_MAC, told } from "../support/leasing.js";
import { ip4 } from "../switch/claims.js";

describe("the server", () => {
  test("keeps addresses for a MAC and for the name of a port", () => {
    const reserved = new Map([
      [macOf(1), ipOf("10.0.0.7")],
      ["ben", ipOf("10.0.0.101")],
    ]);
    const { lab, anna, ben, carl } = leasing({ reserved });
    assert.equal(acquire(lab, anna), "10.0.0.7");
    assert.equal(acquire(lab, ben), "10.0.0.101");
    const second = acquire(lab, ben, {
      from: macOf(55),
      hardware: macOf(55),
      options: [[61, Buffer.from("vm")]],
    });
    assert.notEqual(second, "10.0.0.101");
    assert.notEqual(acquire(lab, carl), "10.0.0.101");
  });

  test("answers to its own address, and to no other", () => {
    const { anna, ben, carl } = leasing();
    anna.sends(arpRequest(anna, SERVER));
    const body = [octets(SERVER_MAC), ip4(SERVER), octets(anna), ip4("10.0.0.1")];
    assert.equal(anna.inbox[0]!.toString("hex", 22, 42), Buffer.concat(body).toString("hex"));
    assert.equal(ben.inbox.length, 0);
    anna.sends(arpRequest(anna, "10.0.0.9")).reaches(ben, carl);
  });

  test("hears only its own VLAN, and answers in it", () => {
    const { lab, anna, ben, carl } = leasing({ vlan: 7 });
    anna.sends(fromClient({ from: anna, type: 1 })).reaches(ben, carl);
    const question = fromClient({ from: anna, type: 1 });
    const tag = Buffer.from([0x81, 0, 0, 7]);
    anna.sends(Buffer.concat([question.subarray(0, 12), tag, question.subarray(12)]));
    assert.equal(ben.inbox[0]!.toString("hex", 12, 18), "810000070806");
    lab.advance(1_000);
    lab.settle();
    const offer = anna.inbox.at(-1)!;
    assert.equal(offer.toString("hex", 12, 18), "810000070800");
    assert.equal(readDhcp4(offer, 46, offer.length)!.type, 2);
  });

  test("says nothing to relay agents, to answers, to fragments and to what is damaged", () => {
    const { lab, anna } = leasing();
    const damaged = fromClient({ from: anna });
    damaged[80]! ^= 0xff;
    const part = fromClient({ from: anna });
    part.writeUInt16BE(0x2000, 20);
    anna.sends(
      fromClient({ from: anna, relay: ipOf("10.0.0.9") }),
      fromClient({ from: anna, op: 2 }),
      ...[damaged, part],
    );
    lab.advance(2_000);
    lab.settle();
    assert.deepEqual(told(anna), []);
  });

  test("probes so many addresses at once and no more", () => {
    const { anna, ben } = leasing({ last: ipOf("10.0.5.0") });
    anna.sends(
      ...Array.from({ length: MAX_PROBES + 50 }, (_, index) =>
        fromClient({
          from: macOf(1_000 + index),
          options: [[DhcpOption.hostName, Buffer.from(`vm${index}`)]],
        }),
      ),
    );
    assert.equal(ben.inbox.length, MAX_PROBES);
  });

  test("goes on with leases that were written down, as far as they are in its pool", () => {
    const lease = (address: string, state: Lease["state"], mac: number): Lease => ({
      ...{
        address: ipOf(address),
        state,
        client: octets(macOf(mac)).toString("hex"),
        mac: { high: 0x0200, low: mac },
      },
      ...{ portName: "anna", hostName: "", expiresAt: 1e12 + 600_000 },
    });
    const known = [lease("10.0.0.102", "leased", 1), lease("10.7.7.7", "leased", 9)];
    const { lab, anna, station } = leasing({}, known);
    assert.equal(station.server.book.all.length, 1);
    assert.equal(ipText(discover(lab, anna)!.yourAddress), "10.0.0.102");
  });

  test("has other settings while it runs, and keeps what fits", () => {
    const { lab, anna, station } = leasing();
    acquire(lab, anna);
    station.server.configure({
      ...station.server.settings,
      first: ipOf("10.0.0.200"),
      last: ipOf("10.0.0.201"),
    });
    assert.deepEqual(station.server.book.all, []);
    assert.match(acquire(lab, anna)!, /^10\.0\.0\.20[01]$/);
  });
});

test("generated conversations give no address to two clients, and never throw", () => {
  const { lan, lab, station, anna, ben, carl } = leasing({ last: ipOf("10.0.0.107") });
  const hosts = [anna, ben, carl];
  const step = fc.tuple(
    fc.nat(2),
    fc.constantFrom(1, 3, 3, 3, 4, 7, 8, 9),
    fc.nat(9),
    fc.constantFrom(0, ipOf(SERVER), ipOf("10.9.9.9")),
    fc.nat(7),
    fc.nat(5),
  );
  check(
    fc.property(step, fc.nat(40), ([who, type, address, server, client, id], noise) => {
      const host = hosts[who]!;
      const wanted = ipText(ipOf("10.0.0.99") + address);
      const options: (readonly [number, Uint8Array])[] = [[DhcpOption.clientId, Buffer.from(`c${id}`)]];
      if (address < 9) options.push(option(DhcpOption.requestedAddress, wanted));
      if (server !== 0) options.push(option(DhcpOption.server, ipText(server)));
      const sent = fromClient({ from: host, type, options, clientAddress: client === 0 ? ipOf(wanted) : 0 });
      if (noise < 20) sent[42 + noise * 13]! ^= noise;
      host.sends(sent);
      if (noise % 3 === 0) lab.advance(1_000);
      lab.settle();
      const leases = station.server.book.all;
      assert.ok(leases.length <= 8);
      assert.equal(new Set(leases.map((one) => one.address)).size, leases.length);
      assert.equal(new Set(leases.map((one) => one.client)).size, leases.length);
    }),
  );
  assert.ok(station.figures()["acknowledged"]! > 0);
  assert.equal(lan.ports.length, 3);
  anna.sends(frame({ to: ben, from: anna }), ethernet({ to: ben, from: anna }, 0x0800));
});

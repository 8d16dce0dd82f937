/** The switch gives addresses itself [RFC 2131]. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DhcpOption } from "../../src/frame/dhcp4.js";
import { isSoundUdp4 } from "../../src/frame/udp4.js";
import { CONFLICT_MS } from "../../src/switch/dhcp/lease-book.js";
import { fromClient, ipOf, ipText } from "../support/dhcp.js";
import { octets } from "../support/frames.js";
import { acquire, discover, heard, leasing, option, request, SERVER_MAC, told } from "../support/leasing.js";
import { arp } from "../switch/claims.js";

describe("a client that has no address", () => {
  test("is offered one that nobody uses, and gets it when it asks", () => {
    const { lab, anna, ben, carl, events, granted } = leasing();
    anna.sends(fromClient({ from: anna, type: 1 }));
    for (const host of [anna, ben, carl]) assert.equal(host.inbox.length, 1, "everyone is asked first");
    assert.equal(
      ben.inbox[0]!.toString("hex", 0, 22),
      `ffffffffffff${octets(SERVER_MAC).toString("hex")}08060001080006040001`,
    );
    lab.advance(1_000);
    lab.settle();
    const offer = heard(anna)[0]!;
    const given = ipText(offer.yourAddress);
    assert.equal(offer.type, 2);
    assert.match(given, /^10\.0\.0\.10[0-3]$/);
    assert.deepEqual(request(anna, offer), [`5 ${given}`]);
    assert.equal(ben.inbox.length + carl.inbox.length, 0, "nobody else hears of it");
    assert.deepEqual(granted, [`${given} anna 3600`]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["dhcp-lease"],
    );
  });

  test("is told how the network is", () => {
    const { lab, anna } = leasing();
    const { options } = discover(lab, anna)!;
    const text = (code: number) => Buffer.from(options.get(code)!).toString("hex");
    assert.equal(text(DhcpOption.subnetMask), "ffffff00");
    assert.equal(text(DhcpOption.broadcast), "0a0000ff");
    assert.equal(text(DhcpOption.server), "0a0000fe");
    assert.equal(text(DhcpOption.router), "0a000001");
    assert.equal(text(DhcpOption.dns), "0a00000109090909");
    assert.equal(text(DhcpOption.domain), Buffer.from("lab").toString("hex"));
    assert.equal(text(DhcpOption.mtu), "0578");
    assert.equal(text(DhcpOption.leaseTime), "00000e10");
    assert.equal(text(DhcpOption.renewal), "00000708");
    assert.equal(text(DhcpOption.rebinding), "00000c4e");
  });

  test("hears by broadcast if it can hear nothing else", () => {
    const { lab, anna } = leasing();
    discover(lab, anna);
    assert.equal(anna.inbox.at(-1)!.toString("hex", 0, 6), octets(anna).toString("hex"));
    const answer = anna.inbox.at(-1)!;
    assert.ok(isSoundUdp4(answer, 14, 34, answer.length));
    discover(lab, anna, { broadcast: true });
    assert.equal(anna.inbox.at(-1)!.toString("hex", 0, 6), "ffffffffffff");
  });

  test("gets the address that it wishes for, if that is free", () => {
    const { lab, anna, ben } = leasing();
    const options = [option(DhcpOption.requestedAddress, "10.0.0.102")];
    assert.equal(ipText(discover(lab, anna, { options })!.yourAddress), "10.0.0.102");
    assert.notEqual(ipText(discover(lab, ben, { options })!.yourAddress), "10.0.0.102");
    const far = [option(DhcpOption.requestedAddress, "10.9.9.9")];
    assert.match(ipText(discover(lab, ben, { options: far })!.yourAddress), /^10\.0\.0\.10/);
  });

  test("gets the same one again after its lease has ended, and whatever was forgotten", () => {
    const { lab, anna, ben, carl } = leasing();
    const given = acquire(lab, anna);
    lab.advance(4_000_000);
    acquire(lab, ben);
    acquire(lab, carl);
    assert.equal(acquire(lab, anna), given);
    const other = leasing();
    assert.equal(acquire(other.lab, other.anna), given);
  });

  test("is not offered what somebody else uses", () => {
    const { lab, anna, ben, events, station } = leasing();
    anna.sends(fromClient({ from: anna, type: 1 }));
    const probed = ipText(ben.inbox[0]!.readUInt32BE(38));
    ben.sends(arp({ from: ben }, { mac: ben, ip: probed }));
    lab.advance(1_000);
    lab.settle();
    const offer = heard(anna)[0]!;
    assert.notEqual(ipText(offer.yourAddress), probed);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["dhcp-conflict"],
    );
    assert.equal(station.figures()["conflicts"], 1);
    request(anna, offer);
    lab.advance(CONFLICT_MS);
    assert.ok(
      station.server.book.isFree(
        ipOf(probed),
        { id: "x", mac: { high: 2, low: 9 }, portName: "carl", hostName: "" },
        1e12 + lab.clock.now(),
      ),
    );
  });

  test("is offered nothing where all is given, and nothing is kept from others by one port", () => {
    const { lab, station, anna, ben } = leasing({ last: ipOf("10.0.0.109") });
    const ids = Array.from(
      { length: 20 },
      (_, index) => [[DhcpOption.clientId, Buffer.from(`id-${index}`)]] as const,
    );
    const offers = ids
      .map((options) => discover(lab, anna, { options }))
      .filter((offer) => offer !== undefined);
    assert.equal(offers.length, 5, "half of ten");
    assert.ok(discover(lab, ben));
    assert.ok(station.server.book.all.length <= 10);
  });
});

describe("a client that asks for an address of its own", () => {
  test("is refused what was offered to another, or to nobody", () => {
    const { lab, anna, ben } = leasing();
    const offer = discover(lab, anna)!;
    assert.deepEqual(request(ben, offer), ["6 0.0.0.0"]);
    assert.equal(ben.inbox[0]!.toString("hex", 0, 6), "ffffffffffff");
  });

  test("that has taken another server's offer leaves its own free", () => {
    const { lab, anna, station } = leasing();
    const offer = discover(lab, anna)!;
    const options = [option(DhcpOption.server, "10.0.0.9"), option(DhcpOption.requestedAddress, "10.0.0.77")];
    anna.sends(fromClient({ from: anna, type: 3, options }));
    assert.deepEqual(told(anna), []);
    assert.equal(station.server.book.at(offer.yourAddress)!.state, "free");
  });

  test("after a restart gets it at once; of one who is unknown nothing is said, and a wrong network is refused", () => {
    const { lab, anna, ben } = leasing();
    const given = acquire(lab, anna)!;
    const reboot = (host: typeof anna, address: string) => {
      host.sends(
        fromClient({ from: host, type: 3, options: [option(DhcpOption.requestedAddress, address)] }),
      );
      return told(host);
    };
    assert.deepEqual(reboot(anna, given), [`5 ${given}`]);
    assert.deepEqual(reboot(anna, "10.0.0.50"), ["6 0.0.0.0"]);
    assert.deepEqual(reboot(ben, "10.0.0.50"), []);
    assert.deepEqual(reboot(ben, "192.168.1.5"), ["6 0.0.0.0"]);
  });

  test("renews it by unicast and by broadcast, and is refused when it is another's", () => {
    const { lab, anna, ben, station } = leasing();
    const given = acquire(lab, anna)!;
    lab.advance(3_000_000);
    const renew = (host: typeof anna, to?: string) => {
      host.sends(
        fromClient({ from: host, type: 3, sourceIp: given, clientAddress: ipOf(given), ...(to && { to }) }),
      );
      return told(host);
    };
    assert.deepEqual(renew(anna, SERVER_MAC), [`5 ${given}`]);
    assert.equal(ipText(anna.inbox[0]!.readUInt32BE(30)), given, "to the address that it uses");
    lab.advance(3_000_000);
    assert.deepEqual(renew(anna), [`5 ${given}`]);
    assert.ok(station.server.book.at(ipOf(given))!.expiresAt > 1e12 + lab.clock.now());
    assert.deepEqual(renew(ben), ["6 0.0.0.0"]);
  });

  test("that only asks how the network is gets no address", () => {
    const { anna, station } = leasing();
    anna.sends(fromClient({ from: anna, type: 8, sourceIp: "10.0.0.33", clientAddress: ipOf("10.0.0.33") }));
    const [answer] = heard(anna);
    assert.deepEqual([answer!.type, answer!.yourAddress], [5, 0]);
    assert.ok(!answer!.options.has(DhcpOption.leaseTime) && answer!.options.has(DhcpOption.router));
    assert.equal(station.server.book.all.length, 0);
  });

  test("gives it back, and complains where another has it; nobody does so in its name", () => {
    const { lab, anna, ben, station } = leasing();
    const given = acquire(lab, anna)!;
    const state = () => station.server.book.at(ipOf(given))!.state;
    ben.sends(fromClient({ from: ben, hardware: anna, type: 7, clientAddress: ipOf(given) }));
    assert.equal(state(), "leased");
    anna.sends(fromClient({ from: anna, type: 7, clientAddress: ipOf(given) }));
    assert.equal(state(), "free");
    assert.equal(acquire(lab, anna), given);
    const options = [option(DhcpOption.requestedAddress, given)];
    ben.sends(fromClient({ from: ben, type: 4, options }));
    assert.equal(state(), "leased");
    anna.sends(fromClient({ from: anna, type: 4, options }));
    assert.equal(state(), "conflict");
    assert.notEqual(acquire(lab, anna), given);
  });
});

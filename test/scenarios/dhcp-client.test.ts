/** A join takes its address from the network that it joins [RFC 2131 4.4]. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseMac } from "../../src/frame/mac.js";
import { DhcpClient } from "../../src/switch/dhcp/dhcp-client.js";
import type { DhcpSettings } from "../../src/switch/dhcp/lease.js";
import { fromServer, ipOf, ipText } from "../support/dhcp.js";
import { macOf } from "../support/frames.js";
import { check } from "../support/generated.js";
import { leasing } from "../support/leasing.js";

const MAC = macOf(4_242);

/** A host of its own switch, joined to a network with a DHCP server. */
function joined(settings: Partial<DhcpSettings> = {}) {
  const office = leasing(settings);
  const { lab, lan } = office;
  const home = lab.switch();
  const [uplink, port] = lab.trunk(home, lan);
  const log: string[] = [];
  let drawn = 0x1000;
  const client = new DhcpClient({
    ...{ port: uplink, mac: parseMac(MAC), hostName: "laptop" },
    bound: ({ address, prefixLength }) => void log.push(`+${ipText(address)}/${prefixLength}`),
    lost: ({ address }, why) => void log.push(`-${ipText(address)} ${why}`),
    random: () => ++drawn,
  });
  home.use(client);
  /** So many seconds pass, and what is said in each arrives. */
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      lab.advance(1_000);
      lab.settle();
    }
  };
  return { ...office, home, uplink, port, client, log, pass };
}

test("gets an address from the network's own server, and says who it is", () => {
  const { client, log, pass, station, lab } = joined();
  client.begin(lab.clock.now());
  pass(3);
  assert.equal(log.length, 1);
  assert.match(log[0]!, /^\+10\.0\.0\.10[0-3]\/24$/);
  const [lease] = station.server.book.all;
  assert.deepEqual([lease!.state, lease!.hostName, lease!.portName], ["leased", "laptop", "lan-2"]);
});

test("renews it after half of its time, and keeps it", () => {
  const { client, log, pass, station, lab } = joined({ leaseSeconds: 100 });
  client.begin(lab.clock.now());
  pass(3);
  const before = station.server.book.all[0]!.expiresAt;
  pass(60);
  assert.ok(station.server.book.all[0]!.expiresAt > before);
  pass(200);
  assert.deepEqual(new Set(log).size, 1);
});

test("asks for the address that it has when the network is there again", () => {
  const { client, log, pass, station, lab } = joined();
  client.begin(lab.clock.now());
  lab.settle();
  pass(3);
  client.pause();
  pass(5);
  client.begin(lab.clock.now());
  pass(1);
  assert.equal(log.length, 2);
  assert.equal(log[0], log[1]);
  assert.equal(station.figures()["offers"], 1);
});

test("takes another address where the network does not want the one that it has", () => {
  const { client, log, pass, station, lab } = joined({ leaseSeconds: 100 });
  client.begin(lab.clock.now());
  pass(3);
  station.server.configure({
    ...station.server.settings,
    first: ipOf("10.0.0.200"),
    last: ipOf("10.0.0.200"),
  });
  client.begin(lab.clock.now());
  pass(70);
  assert.match(log[1]!, /the server refuses it$/);
  assert.equal(log[2], "+10.0.0.200/24");
});

test("asks ever less often where nobody answers, and gives an address up when its time is over", () => {
  const { client, log, pass, lan, port, lab } = joined({ leaseSeconds: 100 });
  client.begin(lab.clock.now());
  pass(3);
  lan.detach(port);
  pass(95);
  assert.equal(log.length, 1);
  pass(10);
  assert.match(log[1]!, /its time is over$/);
  assert.equal(client.lease, null);
});

test("gives it back at the end", () => {
  const { client, pass, station, lab } = joined();
  client.begin(lab.clock.now());
  pass(3);
  client.release();
  lab.settle();
  assert.equal(station.server.book.all[0]!.state, "free");
});

test("takes nothing that it has not asked for", () => {
  const { client, log, pass, anna, lab } = joined();
  client.begin(lab.clock.now());
  anna.sends(fromServer({ from: anna, to: MAC, type: 5, xid: 0x9999, yourAddress: ipOf("10.6.6.6") }));
  anna.sends(fromServer({ from: anna, to: macOf(9), type: 2, xid: 0x1001, yourAddress: ipOf("10.6.6.6") }));
  pass(3);
  assert.equal(log.length, 1);
  assert.doesNotMatch(log[0]!, /10\.6/);
});

test("generated answers never make it throw, nor hold two addresses", () => {
  const { client, log, pass, anna, lab } = joined({ leaseSeconds: 60 });
  client.begin(lab.clock.now());
  check(
    fc.property(fc.constantFrom(2, 5, 6), fc.nat(8), fc.nat(300), (type, xid, at) => {
      const sent = fromServer({
        from: anna,
        to: MAC,
        type,
        xid: 0x1000 + xid,
        yourAddress: ipOf("10.0.0.7"),
      });
      if (at > 0 && at + 42 < sent.length) sent[41 + at]! ^= at;
      sent.fill(0, 40, 42);
      anna.sends(sent);
      if (at % 16 === 0) pass(1);
    }),
  );
  const held = log.reduce((count, line) => count + (line.startsWith("-") ? -1 : 0), 0);
  assert.ok(held <= 0);
});

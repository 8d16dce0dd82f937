/** Questions about addresses are answered by the switch where it knows the answer, and pass where it does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { internetSum, pseudoHeaderSum6 } from "../../src/frame/checksum.js";
import { addressBytes } from "../../src/frame/dhcp4-writer.js";
import { fromClient, fromServer, ipOf } from "../support/dhcp.js";
import { arpRequest, BROADCAST, frame, octets } from "../support/frames.js";
import { guarded } from "../support/guarded.js";
import { advertisement, arp, ip4, ip6, solicitation } from "../switch/claims.js";

function village() {
  const all = guarded({ suppress: true, addresses: "first" });
  const { server, anna } = all;
  const yourAddress = ipOf("10.0.0.50");
  anna.sends(fromClient({ from: anna, type: 3 }));
  const options = [[51, addressBytes(600)]] as const;
  server.sends(fromServer({ from: server, to: anna, type: 5, yourAddress, options }));
  return all;
}

test("answers for a host that it knows, and nobody else is asked", () => {
  const { ben, anna, suppressor, lan } = village();
  ben.sends(arpRequest(ben, "10.0.0.50"));
  assert.equal(ben.inbox.length, 1);
  const reply = ben.inbox[0]!;
  assert.equal(reply.length, 60);
  const expected = [octets(ben), octets(anna), Buffer.from("08060001080006040002", "hex")];
  const body = [octets(anna), ip4("10.0.0.50"), octets(ben), ip4("10.0.0.1")];
  assert.equal(reply.toString("hex", 0, 42), Buffer.concat([...expected, ...body]).toString("hex"));
  assert.equal(anna.inbox.length, 0);
  assert.deepEqual(suppressor.figures(), { answered: 1, framesSaved: 2 });
  assert.equal(lan.table.lookup(0, ...macNumbers(ben.mac))?.name, "ben", "whoever asked was learned");
});

test("passes on a question about an unknown host, a probe and an announcement", () => {
  const { server, anna, ben, mallory } = village();
  ben.sends(arpRequest(ben, "10.0.0.99")).reaches(server, anna, mallory);
  const probe = arpRequest(ben, "10.0.0.50");
  probe.fill(0, 28, 32);
  ben.sends(probe).reaches(server, anna, mallory);
  anna.sends(arp({ from: anna }, { mac: anna, ip: "10.0.0.50" })).reaches(server, ben, mallory);
  const gratuitous = arpRequest(anna, "10.0.0.50");
  gratuitous.set(ip4("10.0.0.50"), 28);
  anna.sends(gratuitous).reaches(server, ben, mallory);
});

test("passes on a question about a host that was not heard for long, has gone, or has gone elsewhere", () => {
  const { lab, server, anna, ben, mallory } = village();
  lab.advance(310_000);
  ben.sends(arpRequest(ben, "10.0.0.50")).reaches(server, anna, mallory);
  anna.announces();
  anna.unplug();
  ben.sends(arpRequest(ben, "10.0.0.50")).reaches(server, mallory);
  mallory.sends(frame({ to: BROADCAST, from: anna }));
  ben.sends(arpRequest(ben, "10.0.0.50")).reaches(server, mallory);
});

test("does not answer those who share a port with the host, since they hear each other", () => {
  const { anna, server, ben, mallory } = village();
  anna.sends(arpRequest("02:00:00:00:77:77", "10.0.0.50")).reaches(server, ben, mallory);
});

test("answers a neighbour's solicitation with the flags that the host itself has shown", () => {
  const { server, anna, ben, mallory } = village();
  const ask = () => solicitation({ from: ben, to: "33:33:ff:00:00:02" }, "fd00::3", "fd00::2", ben);
  anna.sends(solicitation({ from: anna }, "::", "fd00::2"));
  ben.sends(ask()).reaches(server, anna, mallory);
  const own = advertisement({ from: anna }, "fd00::2", "fd00::2", anna);
  own[58] = 0xa0;
  anna.sends(own);
  ben.sends(ask());
  assert.equal(ben.inbox.length, 1);
  const reply = ben.inbox[0]!;
  assert.equal(
    reply.toString("hex", 0, 14),
    `${octets(ben).toString("hex")}${octets(anna).toString("hex")}86dd`,
  );
  assert.equal(
    reply.toString("hex", 22, 54),
    ip6("fd00::2").toString("hex") + ip6("fd00::3").toString("hex"),
  );
  assert.deepEqual([reply[20], reply[21], reply[54], reply[58]], [58, 255, 136, 0xe0]);
  assert.equal(reply.toString("hex", 78), `0201${octets(anna).toString("hex")}`);
  assert.equal(internetSum(reply, 54, reply.length, pseudoHeaderSum6(reply, 14, 58, 32)), 0xffff);
  assert.equal(server.inbox.length + anna.inbox.length, 0);
  const detection = solicitation({ from: ben }, "::", "fd00::9");
  ben.sends(detection).reaches(server, anna, mallory);
});

function macNumbers(text: string): [number, number] {
  const bytes = octets(text);
  return [bytes.readUInt16BE(0), bytes.readInt32BE(2)];
}

/** Who is not trusted may ask for an address, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBytes } from "../../src/frame/dhcp4-writer.js";
import { dhcpFrame, fromClient, fromServer, ipOf, option6, udpHeader } from "../support/dhcp.js";
import { macOf } from "../support/frames.js";
import { record, vnetHeader } from "../support/frames-offload.js";
import { guarded } from "../support/guarded.js";
import { extension, fragment, ipv4, ipv6 } from "../switch/claims.js";

test("a client reaches the servers, and a trusted server the clients", () => {
  const { server, anna, ben, mallory } = guarded();
  anna.sends(fromClient({ from: anna })).reaches(server, ben, mallory);
  server.sends(fromServer({ from: server, to: anna })).reaches(anna);
  server.sends(fromServer({ from: server })).reaches(anna, ben, mallory);
});

test("a rogue server gets no client, however it dresses its answer", () => {
  const { server, anna, mallory, guard } = guarded();
  anna.sends(fromClient({ from: anna }));
  const by = { from: mallory, to: anna };
  const offer = fromServer(by);
  const udp = offer.subarray(34);
  const attempts = [
    offer,
    fromServer({ from: mallory }),
    fromServer({ ...by, type: 5, yourAddress: ipOf("10.6.6.6") }),
    dhcpFrame(by, [4_444, 68], udp.subarray(8)),
    ipv4({ ...by, tags: [[0x8100, 0]] }, "10.6.6.6", udp),
    ipv4({ ...by, snap: 0 }, "10.6.6.6", udp),
    ipv4(
      {
        ...by,
        tags: [
          [0x8100, 0],
          [0x8100, 0],
          [0x8100, 0],
        ],
      },
      "10.6.6.6",
      udp,
    ),
    fromClient({ from: mallory, op: 2 }),
    ipv4(by, "10.6.6.6", udp.subarray(0, 3)),
    firstFragment(ipv4(by, "10.6.6.6", udp)),
  ];
  for (const [index, attempt] of attempts.entries()) {
    mallory.sends(attempt).reachesNobody();
    assert.equal(mallory.port.counters.drops.security, index + 1, `attempt ${index}`);
  }
  assert.equal(server.inbox.length + anna.inbox.length, 0);
  const { refusedDhcp, refusedHidden } = guard.figures();
  assert.equal(refusedDhcp! + refusedHidden!, attempts.length);
});

test("an answer whose port appears only when its checksum is written is hidden, and refused", () => {
  const { lan, anna, mallory } = guarded();
  const sent = fromServer({ from: mallory, to: anna });
  sent.writeUInt32BE(0x00350035, 34);
  for (const [index, offset] of [2, -11].entries()) {
    const bytes = record(1, vnetHeader(1, 0, 0, 0, 34 + Math.min(0, offset), Math.max(0, offset)), sent);
    lan.receive(mallory.port, { bytes, start: 0, end: bytes.length }, 0);
    assert.equal(anna.port.counters.framesOut, 0);
    assert.equal(mallory.port.counters.drops.security, index + 1);
  }
  const bytes = record(1, vnetHeader(1, 0, 0, 0, 34, 6), sent);
  lan.receive(mallory.port, { bytes, start: 0, end: bytes.length }, 0);
  assert.equal(anna.port.counters.framesOut, 1, "in its own place");
});

test("nobody asks for another, or as a relay agent", () => {
  const { server, anna, mallory } = guarded();
  mallory.sends(fromClient({ from: mallory, hardware: anna })).reachesNobody();
  mallory.sends(fromClient({ from: mallory, hardware: macOf(77) })).reachesNobody();
  mallory.sends(fromClient({ from: mallory, relay: ipOf("10.0.0.9") })).reachesNobody();
  mallory.sends(fromClient({ from: mallory, options: [[82, Buffer.of(1, 1, 7)]] })).reachesNobody();
  assert.equal(mallory.port.counters.drops.security, 4);
  server.sends(fromClient({ from: server, hardware: anna, relay: ipOf("10.0.0.9") }));
  assert.equal(server.port.counters.drops.security, 0, "a trusted relay agent");
});

test("DHCPv6 answers come from trusted ports only, whatever headers stand before them", () => {
  const { server, anna, ben, mallory } = guarded();
  const reply = Buffer.concat([Buffer.from("07abcdef", "hex"), option6(1, Buffer.from("0003"))]);
  const from = mallory;
  const hidden = { extensions: [extension(0), extension(60, 3), fragment(0, false)] };
  const attempts = [
    ipv6({ from }, "fe80::6", udpHeader(547, 546, reply)),
    ipv6({ from }, "fe80::6", udpHeader(547, 546, reply), hidden),
    ipv6({ from }, "fe80::6", udpHeader(1_000, 547, reply)),
    ipv6({ from }, "fe80::6", udpHeader(546, 547, Buffer.from("0c000000", "hex"))),
    ipv6({ from }, "fe80::6", udpHeader(547, 546, reply).subarray(0, 7), { extensions: [fragment(0, true)] }),
    ipv6({ from }, "fe80::6", udpHeader(547, 546, reply), { protocol: 139 }),
  ];
  for (const [index, attempt] of attempts.entries()) {
    mallory.sends(attempt).reachesNobody();
    assert.equal(mallory.port.counters.drops.security, index + 1, `attempt ${index}`);
  }
  server.sends(ipv6({ from: server }, "fe80::1", udpHeader(547, 546, reply))).reaches(anna, ben, mallory);
  const solicit = Buffer.from("01abcdef", "hex");
  anna.sends(ipv6({ from: anna }, "fe80::2", udpHeader(546, 547, solicit))).reaches(server, ben, mallory);
});

test("other traffic is none of its business", () => {
  const { server, anna, ben, mallory } = guarded();
  anna
    .sends(ipv4({ from: anna }, "10.0.0.9", udpHeader(68, 53, Buffer.alloc(9))))
    .reaches(server, ben, mallory);
  const later = ipv4({ from: anna }, "10.0.0.9", udpHeader(67, 68, Buffer.alloc(40)));
  later.writeUInt16BE(5, 20);
  anna.sends(later).reaches(server, ben, mallory);
});

test("an acknowledged lease binds the address to the port that asked, until it ends or is given back", () => {
  const { lab, server, anna, mallory, guard } = guarded();
  const bound = () =>
    [...guard.bindings.all()].map(({ portName, address }) => `${address.join(".")} ${portName}`);
  const lease = (seconds: number) => [[51, addressBytes(seconds)]] as const;
  anna.sends(fromClient({ from: anna, type: 3, xid: 7 }));
  const yourAddress = ipOf("10.0.0.50");
  server.sends(fromServer({ from: server, to: anna, type: 5, xid: 8, yourAddress, options: lease(60) }));
  assert.deepEqual(bound(), [], "an answer to nobody");
  server.sends(fromServer({ from: server, to: anna, type: 2, xid: 7, yourAddress, options: lease(60) }));
  assert.deepEqual(bound(), [], "an offer");
  server.sends(fromServer({ from: server, to: anna, type: 5, xid: 7, yourAddress, options: lease(60) }));
  assert.deepEqual(bound(), ["10.0.0.50 anna"]);
  mallory.sends(fromClient({ from: mallory, type: 7, clientAddress: yourAddress }));
  assert.deepEqual(bound(), ["10.0.0.50 anna"], "given back by another");
  lab.advance(59_000);
  assert.deepEqual(bound(), ["10.0.0.50 anna"]);
  lab.advance(1_000);
  assert.deepEqual(bound(), []);
  anna.sends(fromClient({ from: anna, type: 3, xid: 9 }));
  server.sends(
    fromServer({ from: server, type: 5, hardware: anna, xid: 9, yourAddress, options: lease(0xffff_ffff) }),
  );
  lab.advance(1_000_000);
  assert.deepEqual(bound(), ["10.0.0.50 anna"], "a lease without end");
  anna.sends(fromClient({ from: anna, type: 7, clientAddress: yourAddress }));
  assert.deepEqual(bound(), []);
});

test("refusals are told like those of a grant", () => {
  const told: string[] = [];
  const { mallory } = guarded({
    events: { refused: (port, reason, { frames }) => void told.push(`${port.name} ${reason} ${frames}`) },
  });
  mallory.sends(fromServer({ from: mallory }), fromServer({ from: mallory }));
  assert.deepEqual(told, ["mallory security 1"]);
});

/** With more fragments to come, and only seven bytes of the datagram. */
function firstFragment(whole: Buffer): Buffer {
  const cut = Buffer.from(whole.subarray(0, 34 + 7));
  cut.writeUInt16BE(27, 16);
  cut.writeUInt16BE(0x2000, 20);
  return cut;
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostBook, MAX_ADDRESSES } from "../../src/control/host-book.js";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { parseMac } from "../../src/frame/mac.js";
import { arpRequest, batchOf, frame, macOf } from "../support/frames.js";

const ANNA = macOf(1);

/** ARP in which the host says that it has `ip`. */
function arp(host: string, ip = "10.0.0.1", vlan?: number): Buffer {
  const bytes = arpRequest(host, "10.0.0.9", vlan);
  bytes.set(ip.split(".").map(Number), vlan === undefined ? 28 : 32);
  return bytes;
}

function tell(book: HostBook, bytes: Buffer, how: { direction?: "in" | "out"; dropped?: "acl" } = {}): void {
  const cursor = new FrameCursor();
  const { bytes: batch, start, end } = batchOf(bytes);
  for (cursor.open(batch, start, end); cursor.next(); )
    book.saw(how.direction ?? "in", null, cursor, 0, how.dropped ?? null);
}

describe("the book of hosts", () => {
  test("knows the addresses of a station, the latest first", () => {
    const book = new HostBook();
    for (const ip of ["10.0.0.1", "10.0.0.2", "10.0.0.1"]) tell(book, arp(ANNA, ip));
    assert.deepEqual(book.addressesOf(0, parseMac(ANNA)), ["10.0.0.1", "10.0.0.2"]);
    assert.deepEqual(book.addressesOf(0, parseMac(macOf(2))), []);
  });

  test("keeps stations of one VLAN apart from those of another", () => {
    const book = new HostBook();
    tell(book, arp(ANNA, "10.0.0.1"));
    tell(book, arp(ANNA, "10.7.0.1", 7));
    assert.deepEqual(book.addressesOf(0, parseMac(ANNA)), ["10.0.0.1"]);
    assert.deepEqual(book.addressesOf(7, parseMac(ANNA)), ["10.7.0.1"]);
  });

  test("believes nothing that was refused, and looks at each frame once", () => {
    const book = new HostBook();
    tell(book, arp(ANNA), { dropped: "acl" });
    tell(book, arp(ANNA), { direction: "out" });
    tell(book, frame({ to: macOf(2), from: ANNA }));
    assert.equal(book.size, 0);
  });

  test("keeps so many addresses of a station, and so many stations", () => {
    const book = new HostBook(100);
    for (let host = 1; host <= 150; host++) tell(book, arp(macOf(host)));
    for (let last = 1; last <= 9; last++) tell(book, arp(macOf(150), `10.0.1.${last}`));
    assert.equal(book.size, 100);
    assert.deepEqual(book.addressesOf(0, parseMac(macOf(1))), []);
    const kept = book.addressesOf(0, parseMac(macOf(150)));
    assert.equal(kept.length, MAX_ADDRESSES);
    assert.equal(kept[0], "10.0.1.9");
  });
});

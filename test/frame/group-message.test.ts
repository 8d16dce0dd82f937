import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Depth, FrameLayout } from "../../src/frame/frame-layout.js";
import { GroupMessage } from "../../src/frame/group-message.js";
import { writeIgmpQuery } from "../../src/frame/igmp.js";
import { IpGroup, isAlwaysFlooded } from "../../src/frame/ip-group.js";
import { writeMldQuery } from "../../src/frame/mld.js";
import { readGroupMessage } from "../../src/frame/read-group-message.js";
import { ethernet, macOf, udp } from "../support/frames.js";
import { check } from "../support/generated.js";
import {
  groupMac,
  igmpLeave,
  igmpQuery,
  igmpRecords,
  igmpReport,
  ipv4,
  ipv6,
  mldDone,
  mldQuery,
  mldRecords,
  mldReport,
  TO_EX,
  TO_IN,
} from "../support/group-talk.js";

const ANNA = { from: macOf(1) };
const layout = new FrameLayout();

function read(frame: Buffer): GroupMessage | null {
  const message = new GroupMessage();
  layout.read(frame, 0, frame.length, Depth.transport);
  return readGroupMessage(layout, message) ? message : null;
}

function group(text: string): IpGroup {
  return text.includes(":") ? new IpGroup().readIpv6(ipv6(text), 0) : new IpGroup().readIpv4(ipv4(text), 0);
}

/** What a message says, in a line. */
function said(frame: Buffer): string {
  const message = read(frame);
  if (message === null) return "nothing";
  const { kind, version, source } = message;
  if (kind !== "records")
    return `${kind} ${version} ${message.group} from ${source} ${message.maxResponseMs}`;
  const records: string[] = [];
  while (message.nextRecord())
    records.push(`${message.recordType} ${message.group} ${message.recordSources}`);
  return `records from ${source}: ${records.join(", ")}`;
}

describe("IGMP", () => {
  test("reports and leaves of every version", () => {
    assert.equal(said(igmpReport(ANNA, "239.1.2.3", 1)), "report 1 239.1.2.3 from 10.0.0.9 0");
    assert.equal(said(igmpReport(ANNA, "239.1.2.3")), "report 2 239.1.2.3 from 10.0.0.9 0");
    assert.equal(said(igmpLeave(ANNA, "239.1.2.3")), "leave 2 239.1.2.3 from 10.0.0.9 0");
    const records = igmpRecords(ANNA, [TO_EX, "239.0.0.1"], [TO_IN, "239.0.0.2", "10.0.0.1", "10.0.0.2"]);
    assert.equal(said(records), "records from 10.0.0.9: 4 239.0.0.1 0, 3 239.0.0.2 2");
  });

  test("queries of every version, by code and length [RFC 3376 7.1]", () => {
    assert.equal(said(igmpQuery(ANNA, "0.0.0.0", 0)), "query 1 0.0.0.0 from 10.0.0.9 10000");
    assert.equal(said(igmpQuery(ANNA, "0.0.0.0", 100)), "query 2 0.0.0.0 from 10.0.0.9 10000");
    assert.equal(
      said(igmpQuery(ANNA, "239.1.1.1", 10, [2, 125, 0, 0])),
      "query 3 239.1.1.1 from 10.0.0.9 1000",
    );
    assert.equal(
      said(igmpQuery(ANNA, "0.0.0.0", 0x8f, [2, 125, 0, 0])),
      "query 3 0.0.0.0 from 10.0.0.9 24800",
    );
    assert.equal(said(igmpQuery(ANNA, "0.0.0.0", 10, [2])), "nothing");
  });

  test("behind a VLAN tag", () => {
    assert.equal(said(igmpLeave({ ...ANNA, vlan: 7 }, "239.1.2.3")), "leave 2 239.1.2.3 from 10.0.0.9 0");
  });

  test("nothing where a checksum is wrong, it is a fragment, or of another type", () => {
    const damaged = igmpReport(ANNA, "239.1.2.3");
    damaged[14 + 24 + 7]! ^= 1;
    assert.equal(said(damaged), "nothing");
    const fragment = igmpReport(ANNA, "239.1.2.3");
    fragment[14 + 6] = 0x20;
    assert.equal(said(fragment), "nothing");
    assert.equal(said(udp({ to: macOf(2), from: macOf(1) }, "hello")), "nothing");
  });

  test("nothing where a report claims more records or sources than it has", () => {
    const records = igmpRecords(ANNA, [TO_IN, "239.0.0.2", "10.0.0.1"]);
    const more = (at: number, value: number): Buffer => {
      const copy = Buffer.from(records);
      copy[at] = value;
      // Makes up for it in the checksum.
      copy.writeUInt16BE(copy.readUInt16BE(40) - (value - records[at]!), 40);
      return copy;
    };
    assert.equal(said(more(45, 2)), "nothing");
    assert.equal(said(more(49, 2)), "nothing");
  });
});

describe("MLD", () => {
  test("reports, done and records of both versions", () => {
    assert.equal(said(mldReport(ANNA, "ff05::7")), "report 2 ff05::7 from fe80::1 0");
    assert.equal(said(mldDone(ANNA, "ff05::7")), "leave 2 ff05::7 from fe80::1 0");
    const records = mldRecords(ANNA, [TO_EX, "ff05::7"], [TO_IN, "ff05::8", "fd00::1"]);
    assert.equal(said(records), "records from fe80::1: 4 ff05::7 0, 3 ff05::8 1");
  });

  test("queries of both versions", () => {
    assert.equal(said(mldQuery(ANNA)), "query 2 :: from fe80::1 10000");
    assert.equal(said(mldQuery(ANNA, "ff05::7", [2, 125, 0, 0])), "query 3 ff05::7 from fe80::1 10000");
  });

  test("reports of a host without an address, but no queries of one [RFC 3590]", () => {
    assert.equal(said(mldReport({ ...ANNA, source: "::" }, "ff05::7")), "report 2 ff05::7 from :: 0");
    assert.equal(said(mldQuery({ ...ANNA, source: "::" })), "nothing");
  });

  test("nothing from beyond the link", () => {
    assert.equal(said(mldReport({ ...ANNA, source: "fd00::1" }, "ff05::7")), "nothing");
    const routed = mldReport(ANNA, "ff05::7");
    routed[14 + 7] = 2;
    assert.equal(said(routed), "nothing");
  });
});

describe("own queries", () => {
  const timing = { maxResponseMs: 10_000, intervalS: 125, robustness: 2 };

  function inFrame(packet: Uint8Array, type: number): Buffer {
    return ethernet({ to: macOf(1), from: macOf(2) }, type, packet);
  }

  test("are read as they were meant", () => {
    const general = writeIgmpQuery({ source: group("0.0.0.0"), group: null, ...timing });
    assert.equal(said(inFrame(general, 0x0800)), "query 3 0.0.0.0 from 0.0.0.0 10000");
    const specific = writeIgmpQuery({ source: group("10.0.0.1"), group: group("239.1.2.3"), ...timing });
    assert.equal(said(inFrame(specific, 0x0800)), "query 3 239.1.2.3 from 10.0.0.1 10000");
    const mld = writeMldQuery({ source: group("fe80::7"), group: null, ...timing });
    assert.equal(said(inFrame(mld, 0x86dd)), "query 3 :: from fe80::7 10000");
    const asked = writeMldQuery({ source: group("fe80::7"), group: group("ff05::9"), ...timing });
    assert.equal(said(inFrame(asked, 0x86dd)), "query 3 ff05::9 from fe80::7 10000");
  });
});

describe("a group address", () => {
  test("has the MAC that the RFCs give it", () => {
    for (const text of ["239.129.2.3", "224.0.0.251", "ff05::1:ff00:7"]) {
      const { high, low } = group(text).mac;
      const digits = high.toString(16).padStart(4, "0") + (low >>> 0).toString(16).padStart(8, "0");
      assert.equal(digits, groupMac(text).replaceAll(":", ""));
    }
  });

  test("goes everywhere where all listen unasked", () => {
    const everywhere = ["224.0.0.1", "224.0.0.251", "ff02::1", "ff02::1:ff12:3456", "ff01::5", "ff10::5"];
    const asked = ["224.0.1.1", "239.0.0.1", "ff02::fb", "ff02::1:2", "ff05::1", "ff02::2"];
    for (const text of everywhere) assert.ok(isAlwaysFlooded(group(text)), text);
    for (const text of asked) assert.ok(!isAlwaysFlooded(group(text)), text);
  });

  test("is in order with others of its family", () => {
    assert.ok(group("10.0.0.1").compare(group("200.0.0.1")) < 0);
    assert.ok(group("fe80::1").compare(group("fe80::2")) < 0);
    assert.ok(group("fe80:0:0:1::").compare(group("fe80::2")) > 0);
    assert.equal(group("fe80::2").compare(group("fe80::2")), 0);
  });
});

describe("generated messages", () => {
  const WHOLE = [
    igmpReport(ANNA, "239.1.2.3"),
    igmpLeave(ANNA, "239.1.2.3"),
    igmpQuery(ANNA, "0.0.0.0", 100, [2, 125, 0, 0]),
    igmpRecords(ANNA, [TO_EX, "239.0.0.1"], [TO_IN, "239.0.0.2", "10.0.0.1"]),
    mldReport({ ...ANNA, vlan: 5 }, "ff05::7"),
    mldQuery(ANNA, "ff05::7", [2, 125, 0, 0]),
    mldRecords(ANNA, [TO_EX, "ff05::7"], [TO_IN, "ff05::8", "fd00::1"]),
  ];

  test("cut short at any byte of the message say nothing", () => {
    for (const whole of [WHOLE[3]!.subarray(0, 14 + 24 + 8 + 8 + 12), WHOLE[6]!])
      for (let end = 14; end < whole.length; end++)
        assert.equal(said(whole.subarray(0, end)), "nothing", `${end}`);
  });

  test("generated damage never throws, and what is read is in the frame", () => {
    check(
      fc.property(
        fc.constantFrom(...WHOLE),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
        fc.nat(120),
        (whole, changes, cut) => {
          const bytes = Buffer.from(whole.subarray(0, Math.max(14, cut)));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const message = read(bytes);
          for (let records = 0; message?.kind === "records" && message.nextRecord(); records++)
            assert.ok(records < bytes.length / 8);
        },
      ),
    );
  });

  test("generated records are read one by one as they were written", () => {
    const record = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(255), fc.nat(3));
    check(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        const written = records.map(([type, last, sources]) => ({
          record: [type, `239.0.0.${last}`, ...Array<string>(sources).fill("10.0.0.1")] as const,
          line: `${type} 239.0.0.${last} ${sources}`,
        }));
        const line = said(igmpRecords(ANNA, ...written.map((one) => one.record)));
        assert.equal(line, `records from 10.0.0.9: ${written.map((one) => one.line).join(", ")}`);
      }),
    );
  });
});

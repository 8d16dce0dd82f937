import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { after, afterEach, describe, test } from "node:test";
import { errnoOf } from "../../src/errors.js";
import type { DropReason } from "../../src/frame/drop-reason.js";
import { RecordKind } from "../../src/frame/record.js";
import { NicDevice } from "../../src/link/nic-device.js";
import { linkContract } from "../contracts/link.contract.js";
import { ip, kernelTests } from "../native/namespace.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, mac, record, records, split } from "../support/peers.js";
import { type NicSite, nicSite, removeWires } from "./nic-site.js";

const [NEAR, FAR] = [mac(1), mac(2)];
const TPIDS = [0x8100, 0x88a8];

const open: NicSite[] = [];

/** What has come of a link that was started. */
interface Seen {
  readonly frames: Buffer[];
  readonly lost: Partial<Record<DropReason, number>>;
  readonly ends: (Error | undefined)[];
}

async function site(mtu?: number): Promise<NicSite & { readonly seen: Seen }> {
  const made = await nicSite(mtu);
  open.push(made);
  const seen: Seen = { frames: [], lost: {}, ends: [] };
  made.link.start({
    batch: ({ bytes, start, end }) =>
      seen.frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload)),
    drain: () => assert.fail("an interface is never busy"),
    dropped: (reason, frames) => {
      seen.lost[reason] = (seen.lost[reason] ?? 0) + frames;
    },
    close: (error) => seen.ends.push(error),
  });
  return { ...made, seen };
}

function send({ link }: NicSite, bytes: Buffer): void {
  assert.equal(link.send(bytes, 0, bytes.length), "done");
}

function tagged(one: Buffer, ...tags: readonly [tpid: number, tci: number][]): Buffer {
  const bytes = Buffer.from(tags.flatMap(([tpid, tci]) => [tpid >>> 8, tpid & 0xff, tci >>> 8, tci & 0xff]));
  return Buffer.concat([one.subarray(0, 12), bytes, one.subarray(12)]);
}

kernelTests(import.meta.url, () => {
  after(removeWires);

  linkContract("nic", {
    make: () => nicSite(65_521),
    sizes: [14, 59, 60, 1_514, 9_014, 65_535],
  });

  describe("nic link", () => {
    afterEach(() => {
      for (const made of open.splice(0)) {
        made.link.close();
        void made.close();
      }
    });

    for (const offload of ["on", "off"]) {
      test(`keeps VLAN tags of both kinds as they were, VLAN offload ${offload}`, async () => {
        const wire = await site();
        for (const device of [wire.near, wire.peer]) {
          for (const feature of ["rxvlan", "txvlan", "rx-vlan-stag-hw-parse", "tx-vlan-stag-hw-insert"])
            execFileSync("ethtool", ["-K", device, feature, offload]);
        }
        const sent = TPIDS.flatMap((tpid, salt) => [
          tagged(frame({ to: NEAR, from: FAR, salt }), [tpid, 0x600a]),
          // Of a tag, only an 802.1Q one may make a frame that is sent longer than the MTU [packet_snd()].
          tagged(frame({ to: NEAR, from: FAR, length: tpid === 0x8100 ? 1_514 : 1_510, salt }), [
            tpid,
            4_094,
          ]),
          // The kernel drops a tagged frame that has no two bytes of payload.
          tagged(frame({ to: NEAR, from: FAR, length: 16, salt }), [tpid, 1]),
          tagged(frame({ to: NEAR, from: FAR, salt }), [tpid, 10], [0x8100, 0xe014]),
        ]);
        wire.far.send(sent);
        await eventually(() => wire.seen.frames.length === sent.length, "the tagged frames in");
        assert.deepEqual(wire.seen.frames, sent);
        send(wire, records(...sent));
        await eventually(() => wire.far.frames().length === sent.length, "the tagged frames out");
        assert.deepEqual(wire.far.frames(), sent);
        assert.deepEqual(wire.seen.lost, {});
      });
    }

    test("carries frames of any size in batches of any length, both ways", async () => {
      const wire = await site(9_000);
      const [out, into]: [Buffer[], Buffer[]] = [[], []];
      for (let round = 0; round < 60; round++) {
        const make = (to: string, from: string) =>
          Array.from({ length: randomInt(1, 30) }, (_, salt) =>
            frame({ to, from, length: randomInt(14, 9_015), salt: round * 100 + salt }),
          );
        const [outwards, inwards] = [make(FAR, NEAR), make(NEAR, FAR)];
        send(wire, records(...outwards));
        wire.far.send(inwards);
        out.push(...outwards);
        into.push(...inwards);
        await eventually(() => wire.far.frames().length === out.length, "what went out");
        await eventually(() => wire.seen.frames.length === into.length, "what came in");
      }
      assert.deepEqual(wire.far.frames(), out);
      assert.deepEqual(wire.seen.frames, into);
      assert.deepEqual(wire.seen.lost, {});
    });

    test("does not hear what this host itself sends there", async () => {
      const { seen, near, far } = await site();
      const host = NicDevice.open(near);
      const bytes = records(frame({ to: FAR, from: mac(9) }));
      host.write(bytes, 0, bytes.length);
      await eventually(() => far.frames().length === 1, "the host's frame on the wire");
      await quiet(20);
      assert.deepEqual(seen.frames, []);
      host.release();
    });

    test("counts what is too long, no frame, or sent while the interface is down, and goes on", async () => {
      const wire = await site();
      const { seen, near, far } = wire;
      send(wire, records(frame({ length: 1_519 }), frame({ length: 9_014 })));
      assert.deepEqual(seen.lost, { oversize: 2 });
      send(wire, Buffer.concat([record(RecordKind.message, Buffer.alloc(20)), record(0, Buffer.alloc(13))]));
      send(wire, record(RecordKind.offload, Buffer.alloc(30, 0xff)));
      send(wire, records(frame()).subarray(0, 40));
      assert.deepEqual(seen.lost, { oversize: 2, malformed: 4 });
      ip(`link set ${near} down`);
      send(wire, records(frame(), frame()));
      assert.deepEqual(seen.lost, { oversize: 2, malformed: 4, device: 2 });
      await quiet(20);
      ip(`link set ${near} up`);
      const late = frame({ to: NEAR, from: FAR });
      await eventually(() => {
        if (seen.frames.length === 0) far.send([late]);
        return seen.frames.length > 0;
      }, "a frame after the interface came up again");
      assert.deepEqual(seen.frames[0], late);
      assert.deepEqual(seen.ends, []);
    });

    test("counts what the kernel could not queue while nobody read", async () => {
      const { seen, link, far } = await site();
      link.pause();
      const batch = Array.from({ length: 1_000 }, (_, salt) =>
        frame({ to: NEAR, from: FAR, length: 1_514, salt }),
      );
      for (let round = 0; round < 20; round++) far.send(batch);
      link.resume();
      await eventually(
        () => seen.frames.length + (seen.lost.queue ?? 0) === 20_000,
        () => `20,000 frames, not ${seen.frames.length} and ${seen.lost.queue} lost`,
      );
      assert.ok(seen.lost.queue! > 0, "a queue without end");
    });

    test("counts what the interface's own queue refuses", async () => {
      const wire = await site();
      const slow = ["tbf", "rate", "8kbit", "burst", "2kb", "latency", "1ms"];
      execFileSync("tc", ["qdisc", "replace", "dev", wire.near, "root", ...slow]);
      send(wire, records(...Array.from({ length: 100 }, (_, salt) => frame({ length: 1_000, salt }))));
      assert.ok(wire.seen.lost.queue! >= 90, JSON.stringify(wire.seen.lost));
      wire.far.vanish();
    });

    test("no bytes written to an interface stop the frames that follow", async () => {
      const wire = await site();
      const bytes = Buffer.alloc(200_000);
      for (let round = 0; round < 2_000; round++) {
        const garbage = bytes.subarray(0, 40 + Math.floor(Math.random() ** 4 * 69_000));
        for (let at = 0; at < Math.min(garbage.length, 80); at++)
          garbage[at] = Math.random() < 0.5 ? 0 : randomInt(256);
        if (Math.random() < 0.5) garbage.write("0800450000", 12 + 10 * (round % 2), "hex");
        send(wire, record(round % 3, garbage));
      }
      const last = frame({ to: FAR, from: NEAR, salt: 1 });
      send(wire, records(last));
      await eventually(() => wire.far.frames().at(-1)?.equals(last) === true, "the last frame");
      assert.deepEqual(wire.seen.ends, []);
    });

    test("ends with a clear error when the interface goes away, waiting or sending", async () => {
      for (const how of ["waiting", "sending"]) {
        const wire = await site();
        const { seen, link, far, near } = wire;
        if (how === "sending") link.pause();
        far.vanish();
        if (how === "sending") send(wire, records(frame()));
        await eventually(() => seen.ends.length === 1, "the end");
        assert.equal(errnoOf(seen.ends[0]), "device-gone");
        assert.match(String(seen.ends[0]), new RegExp(`the interface ${near} went away`));
      }
    });

    test("says what to do where an interface cannot be opened", async () => {
      const fails = (name: string, code: string, text: RegExp) =>
        assert.throws(
          () => NicDevice.open(name),
          (error) => {
            assert.equal(errnoOf(error), code);
            assert.match(String(error), text);
            return true;
          },
        );
      fails("no-such-nic", "missing", /no-such-nic \(ENODEV\): there is none of that name: ip -br link/);
      fails("lo", "usage", /it carries no Ethernet/);
      const { near } = await site();
      process.seteuid!(65_534);
      try {
        fails(near, "no-permission", /\(EPERM\): run as root, or with CAP_NET_RAW/);
      } finally {
        process.seteuid!(0);
      }
    });

    test("brings the interface up that it opens", () => {
      ip("link add lone0 type veth peer name lone1");
      const device = NicDevice.open("lone0");
      assert.match(ip("link show lone0"), /[<,]UP[,>]/);
      device.release();
      device.release();
      ip("link del lone0");
    });
  });
});

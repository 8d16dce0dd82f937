import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { afterEach, test } from "node:test";
import { promisify } from "node:util";
import { errnoOf } from "../../src/errors.js";
import type { DropReason } from "../../src/frame/drop-reason.js";
import { Offload } from "../../src/frame/offload.js";
import { RecordKind } from "../../src/frame/record.js";
import { READ_BUFFER } from "../../src/link/device-link.js";
import { TapLink } from "../../src/link/tap.js";
import type { TapDevice } from "../../src/link/tap-device.js";
import { arpRequest, echoRequest, frames, KERNEL, OURS, record } from "../native/frames.js";
import { ip, kernelTests, Namespace } from "../native/namespace.js";
import { openTap, releaseTaps } from "../native/taps.js";

const MAC = "02:00:00:00:00:01";
const run = promisify(execFile);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A started link that notes what happens to it. */
class Harness {
  readonly link: TapLink;
  readonly received: { kind: number; frame: Buffer }[] = [];
  readonly lost: Partial<Record<DropReason, number>> = {};
  readonly buffers = new Set<Buffer>();
  closed: { readonly error: Error | undefined } | undefined;

  constructor(device: TapDevice) {
    this.link = new TapLink(device);
    this.link.start({
      batch: ({ bytes, start, end }) => {
        this.received.push(...frames(bytes, start, end));
        this.buffers.add(bytes);
        bytes.fill(0xee);
      },
      drain: () => assert.fail("a TAP is never busy"),
      dropped: (reason, count) => {
        this.lost[reason] = (this.lost[reason] ?? 0) + count;
      },
      close: (error) => {
        assert.equal(this.closed, undefined, "closed once");
        this.closed = { error };
      },
    });
  }

  send(...records: Buffer[]): void {
    const bytes = Buffer.concat(records);
    assert.equal(this.link.send(bytes, 0, bytes.length), "done");
  }

  /** How the link ended: the error's code, "closed", or undefined. */
  end(): string | undefined {
    return this.closed && (errnoOf(this.closed.error) ?? "closed");
  }

  /** Waits for a frame of an EtherType to our MAC. */
  async next(etherType: string): Promise<Buffer> {
    const wanted = `${OURS.mac}${KERNEL.mac}${etherType}`;
    for (;;) {
      const at = this.received.findIndex(({ frame }) => frame.toString("hex", 0, 14) === wanted);
      if (at >= 0) return this.received.splice(at, 1)[0]!.frame;
      await turn();
    }
  }
}

/** Carries frames between two devices, as a switch does with two hosts. */
function relay(a: TapDevice, b: TapDevice): { kinds: number[]; close(): void } {
  const kinds = [0, 0];
  const ends = [new TapLink(a), new TapLink(b)] as const;
  for (const [end, other] of [ends, [ends[1], ends[0]] as const]) {
    end.start({
      batch: ({ bytes, start, end }) => {
        for (const { kind } of frames(bytes, start, end)) kinds[kind]!++;
        other.send(bytes, start, end);
      },
      drain: () => undefined,
      dropped: (reason, count) => assert.fail(`${count} frames lost: ${reason}`),
      close: () => undefined,
    });
  }
  return { kinds, close: () => ends.map((end) => end.close()) };
}

/** Sends `megabytes` from this namespace to a server in the other and compares hashes. */
async function transfer(peer: Namespace, host: string, megabytes: number): Promise<void> {
  const server = spawn(
    ...peer.enter(
      process.execPath,
      "-e",
      `const hash = require("node:crypto").createHash("sha256");
       require("node:net").createServer((socket) => {
         socket.on("data", (chunk) => hash.update(chunk)).on("end", () => { console.log(hash.digest("hex")); process.exit(); });
       }).listen(7777, () => console.log("listening"));`,
    ),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let printed = "";
  server.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  while (!printed.includes("listening")) await turn();
  const client = `
    const socket = require("node:net").connect(7777, "${host}");
    const chunk = Buffer.alloc(1 << 20, 7);
    for (let i = 0; i < ${megabytes}; i++) { chunk[i] = i; socket.write(Buffer.from(chunk)); }
    socket.end();`;
  await run(process.execPath, ["-e", client], { timeout: 60_000 });
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(1 << 20, 7);
  for (let i = 0; i < megabytes; i++) {
    chunk[i] = i;
    hash.update(chunk);
  }
  const digest = hash.digest("hex");
  while (server.exitCode === null) await turn();
  assert.equal(printed, `listening\n${digest}\n`);
}

kernelTests(import.meta.url, () => {
  afterEach(releaseTaps);

  for (const [mtu, offload] of [
    [1500, true],
    [1500, false],
    [9000, true],
    [9000, false],
  ] as const) {
    test(`the kernel answers ARP and echo requests (MTU ${mtu}, vnet ${offload})`, async () => {
      const tap = openTap({ mac: MAC, mtu, addresses: ["10.9.0.1/24"], offload });
      const host = new Harness(tap);
      assert.equal(host.link.capabilities.maxFrame, mtu + 18);
      host.send(record(arpRequest()));
      assert.equal((await host.next("0806")).toString("hex", 20, 32), `0002${KERNEL.mac}${KERNEL.ip}`);
      const sizes = [28, 60, 1000, mtu];
      host.send(...sizes.map((size) => record(echoRequest(size))));
      for (const size of sizes) {
        const reply = await host.next("0800");
        assert.equal(reply.length, 14 + size);
        assert.equal(reply[34], 0, "echo reply");
      }
      assert.deepEqual(host.lost, {});
      host.link.close();
      await turn();
      assert.equal(host.end(), "closed");
    });
  }

  test("reads into the same memory again once a batch's receiver has returned", async () => {
    const tap = openTap({ mac: MAC, addresses: ["10.9.0.1/24"] });
    const host = new Harness(tap);
    host.send(record(arpRequest()));
    await host.next("0806");
    for (let sent = 0; sent < 4 + Math.ceil(READ_BUFFER / 1514); sent++) {
      host.send(record(echoRequest(1500)));
      assert.equal((await host.next("0800")).length, 1514);
    }
    assert.equal(host.buffers.size, 1);
    for (const bytes of host.buffers) assert.equal(bytes.length, READ_BUFFER);
    host.link.close();
  });

  test("hands nothing over while it is paused", async () => {
    const tap = openTap({ mac: MAC, addresses: ["10.9.0.1/24"] });
    const host = new Harness(tap);
    host.link.pause();
    host.send(record(arpRequest()));
    for (let i = 0; i < 50; i++) await turn();
    assert.equal(host.received.length, 0);
    host.link.resume();
    await host.next("0806");
    host.link.pause();
    host.link.close();
    host.link.resume();
    host.link.close();
  });

  test("counts frames that a device cannot take, and goes on", async () => {
    const tap = openTap({ mac: MAC, addresses: ["10.9.0.1/24"] });
    const host = new Harness(tap);
    const nonsense = Buffer.alloc(34, 0xff); // A virtio-net header of ones: no gso_type that exists.
    host.send(record(nonsense, RecordKind.offload), record(arpRequest()));
    await host.next("0806");
    assert.deepEqual(host.lost, { malformed: 1 });
    tap.isUp = false;
    host.send(record(arpRequest()), record(arpRequest()));
    assert.deepEqual(host.lost, { malformed: 1, device: 2 });
    host.link.close();

    const plain = new Harness(openTap({ mac: MAC, addresses: ["10.9.0.1/24"], offload: false }));
    plain.send(record(Buffer.alloc(60), RecordKind.offload), record(arpRequest()));
    await plain.next("0806");
    assert.deepEqual(plain.lost, { malformed: 1 });
    plain.link.close();
  });

  test("ends with device-gone when somebody deletes the device", async () => {
    for (const how of ["waiting", "sending"]) {
      const tap = openTap({ mac: MAC });
      const host = new Harness(tap);
      if (how === "sending") host.link.pause();
      ip(`link del ${tap.name}`);
      if (how === "sending") host.send(record(arpRequest()));
      assert.equal(host.end(), undefined, "never from within a call");
      while (host.end() === undefined) await turn();
      assert.equal(host.end(), "device-gone");
      host.send(record(arpRequest()));
    }
  });

  test("carries pings and whole segments between two hosts", async () => {
    const far = await Namespace.make();
    const [a, b] = [openTap({ addresses: ["10.8.0.1/24", "fd08::1/64"] }), openTap()];
    const cable = relay(a, b);
    ip(`link set dev ${b.name} netns ${far.pid}`);
    far.ip(`addr add 10.8.0.2/24 dev ${b.name}`);
    far.ip(`addr add fd08::2/64 dev ${b.name} nodad`);
    far.ip(`link set dev ${b.name} up`);
    try {
      await run("ping", ["-c", "3", "-i", "0.01", "-W", "2", "10.8.0.2"]);
      await run("ping", ["-c", "3", "-i", "0.01", "-W", "2", "fd08::2"]);
      assert.equal(cable.kinds[RecordKind.offload], 0, "nothing was agreed yet");
      await transfer(far, "10.8.0.2", 4);
      assert.equal(cable.kinds[RecordKind.offload], 0);
      a.setOffload(b.takes);
      b.setOffload(a.takes);
      await transfer(far, "10.8.0.2", 16);
      await transfer(far, "fd08::2", 16);
      const offloaded = cable.kinds[RecordKind.offload]!;
      assert.ok(offloaded > 100, String(offloaded));
      assert.equal(b.txDropped(), 0, "can be asked though the device has left this namespace");
      a.setOffload(Offload.csum);
      b.setOffload(0);
      await transfer(far, "10.8.0.2", 4);
    } finally {
      cable.close();
      far.remove();
    }
  });

  test("no bytes written to a device stop the frames that follow", async () => {
    const tap = openTap({ mac: MAC, addresses: ["10.9.0.1/24"] });
    const host = new Harness(tap);
    const bytes = Buffer.alloc(200_000);
    for (let round = 0; round < 3_000; round++) {
      const size = 40 + Math.floor(Math.random() ** 4 * 69_000);
      const garbage = bytes.subarray(0, size);
      for (let i = 0; i < Math.min(size, 80); i++) garbage[i] = Math.random() < 0.5 ? 0 : Math.random() * 256;
      if (Math.random() < 0.5) garbage.write("0800450000", 12 + 10 * (round % 2), "hex");
      host.send(record(garbage, round % 3));
    }
    host.received.length = 0;
    host.send(record(arpRequest()));
    await host.next("0806");
    host.link.close();
  });
});

/**
 * Large segments from an offload TAP towards ports that cannot take them. What a plain port received is judged by
 * tshark, by the plain host's own kernel (which checks every sum, since a plain TAP promises none), and by hash.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import { CaptureFile, capturedLengths, judge } from "../support/kernel-capture.js";
import {
  join,
  linkState,
  overlay,
  ping,
  SERVER_URL,
  serve,
  tables,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";
import { listenTagging } from "../support/kernel-tagger.js";
import { Peer } from "../support/peers.js";
import { temporaryFolder } from "../support/server.js";

const RAW_TAP = fileURLToPath(new URL("../support/kernel-raw-tap.js", import.meta.url));
const BYTES = 10_000_000;
/** The longest frame of a network whose MTU is 1,500, without and with a tag. */
const [UNTAGGED, TAGGED] = [1_514, 1_518];
/**
 * USO_BYTES leave the program in one call, to be cut into datagrams of USO_SEGMENT. All of them together fit into a
 * socket's default buffer, so that none is lost however late the receiver wakes up.
 */
const [USO_BYTES, USO_SEGMENT, USO_COUNT] = [14_000, 1_400, 6];
/** SOL_UDP and UDP_SEGMENT [linux/udp.h]. */
const SEGMENT_OPTION = `setsockopt-int=17:103:${USO_SEGMENT}`;

const [A, B] = [overlay("a"), overlay("b")];

interface Setting {
  readonly folder: string;
  /** The server's Unix socket, on which it takes raw peers. */
  readonly socket: string;
  readonly server: Child;
}

async function setting(lab: Lab, t: TestContext): Promise<Setting> {
  const folder = temporaryFolder(t);
  const socket = `${folder}/switch.sock`;
  await underlay(lab, ["a", "b"]);
  // What is captured is to be what was sent.
  const listen = ["--listen", `unix://${socket}`, "--listen", SERVER_URL, "--insecure"];
  const server = await serve(lab, ...listen, "--no-loop-probe");
  return { folder, socket, server };
}

/** Puts host b on the switch as a raw peer; the file is what it received. */
async function rawHost(lab: Lab, { folder, socket }: Setting, vlan = 0): Promise<string> {
  const file = `${folder}/received.pcap`;
  const addresses = [`${B.v4}/24`, `${B.v6}/64`];
  const peer = lab.spawn("b", [process.execPath, RAW_TAP, socket, "tap0", file, String(vlan), ...addresses]);
  await peer.waitFor(/ready/, 30_000);
  return file;
}

/** Fails unless `bytes`, since `earlier` frames, came in through the port in records far above the MTU. */
async function assertLarge(child: Child, port: string, bytes: number, earlier = 0): Promise<void> {
  const frames = (await tables(child)).ports[port]!.framesIn - earlier;
  const average = bytes / frames;
  assert.ok(average > 4 * UNTAGGED, `${bytes} bytes came in ${frames} frames, ${average} bytes each`);
}

kernelTest(
  "finishes segments for a raw peer and merges its frames",
  { needs: ["tshark"] },
  async (lab, t) => {
    const place = await setting(lab, t);
    const client = await join(lab, "a");
    const file = await rawHost(lab, place);
    await ping(lab, "a", B.v4, "-s", "4000");
    await transfer(lab, { from: "a", to: "b", address: A.v4, bytes: BYTES });
    await transfer(lab, { from: "a", to: "b", address: A.v6, bytes: BYTES });
    await assertLarge(place.server, "a", 2 * BYTES);
    const { framesIn } = (await tables(client)).ports["uplink"]!;
    await transfer(lab, { from: "b", to: "a", address: B.v4, bytes: BYTES });
    await transfer(lab, { from: "b", to: "a", address: B.v6, bytes: BYTES });
    await assertLarge(client, "uplink", 2 * BYTES, framesIn);
    const good = await judge(file);
    const lengths = capturedLengths(file);
    const segments = Math.ceil((2 * BYTES) / UNTAGGED);
    assert.ok(good.tcp > segments && good.ip > segments / 2, JSON.stringify(good));
    assert.equal(good.tagged, 0);
    assert.equal(Math.max(...lengths), UNTAGGED);
  },
);

kernelTest("finishes tagged TCP segments for a raw peer", { needs: ["tshark"] }, async (lab, t) => {
  const place = await setting(lab, t);
  await listenTagging(t, `${place.folder}/vlan10.sock`, place.socket, 10);
  await join(lab, "a", [], `unix://${place.folder}/vlan10.sock`);
  const file = await rawHost(lab, place, 10);
  await ping(lab, "a", B.v6);
  await transfer(lab, { from: "a", to: "b", address: A.v4, bytes: BYTES });
  await transfer(lab, { from: "a", to: "b", address: A.v6, bytes: BYTES });
  await assertLarge(place.server, "a", 2 * BYTES);
  await transfer(lab, { from: "b", to: "a", address: B.v4, bytes: BYTES });
  const good = await judge(file);
  const lengths = capturedLengths(file);
  assert.ok(good.tcp > (2 * BYTES) / TAGGED, JSON.stringify(good));
  assert.equal(good.tagged, lengths.length);
  assert.equal(Math.max(...lengths), TAGGED);
});

kernelTest("carries tagged segments whole between two offload TAPs", async (lab, t) => {
  const place = await setting(lab, t);
  const join10 = async (host: string): Promise<Child> => {
    await listenTagging(t, `${place.folder}/${host}.sock`, place.socket, 10);
    return join(lab, host, [], `unix://${place.folder}/${host}.sock`);
  };
  await join10("a");
  const receiver = await join10("b");
  await ping(lab, "a", B.v4);
  await transfer(lab, { from: "a", to: "b", address: A.v4, bytes: BYTES });
  await transfer(lab, { from: "a", to: "b", address: A.v6, bytes: BYTES });
  await assertLarge(place.server, "a", 2 * BYTES);
  await assertLarge(receiver, "uplink", 2 * BYTES);
});

kernelTest(
  "finishes segments for a join without offload",
  { needs: ["tshark", "dumpcap"] },
  async (lab, t) => {
    const place = await setting(lab, t);
    await join(lab, "a");
    await join(lab, "b", ["--no-offload"]);
    const file = `${place.folder}/received.pcap`;
    const dumping = ["dumpcap", "-q", "-P", "-i", "tap0", "-B", "64", "-f", "inbound", "-w", file];
    const dumpcap = lab.spawn("b", dumping);
    await dumpcap.waitFor(/File: /, 30_000);
    for (const address of [A.v4, A.v6]) await transfer(lab, { from: "a", to: "b", address, bytes: BYTES });
    await assertLarge(place.server, "a", 2 * BYTES);
    await transfer(lab, { from: "b", to: "a", address: B.v4, bytes: BYTES });
    await dumpcap.stop(10_000);
    const good = await judge(file);
    assert.ok(good.tcp > 1_000 && good.ip > 500, JSON.stringify(good));
    assert.ok(Math.max(...capturedLengths(file)) <= UNTAGGED);
  },
);

/** Whether this kernel's TAPs hand over UDP datagrams still to be cut: Linux 6.2. */
async function hasUso(lab: Lab): Promise<boolean> {
  const { stdout } = await lab.run("a", ["ethtool", "-k", "tap0"]);
  return /^tx-udp-segmentation: on/m.test(stdout);
}

/** Sends USO_COUNT large datagrams from host a, each one to be cut into ten. */
async function sendLarge(lab: Lab, to: string, file: string): Promise<void> {
  const address = to.includes(":") ? `UDP6-SENDTO:[${to}]:7000` : `UDP4-SENDTO:${to}:7000`;
  const argv = ["socat", "-u", "-b", String(USO_BYTES), `OPEN:${file}`, `${address},${SEGMENT_OPTION}`];
  await lab.run("a", argv, { check: true });
}

const UDP_NEEDS = ["tshark", "socat", "ethtool"];

kernelTest("finishes UDP segments for a raw peer", { needs: UDP_NEEDS }, async (lab, t) => {
  const place = await setting(lab, t);
  await join(lab, "a");
  const file = await rawHost(lab, place);
  await ping(lab, "a", B.v4);
  await ping(lab, "a", B.v6);
  const sent = `${place.folder}/sent`;
  const data = randomBytes(USO_BYTES * USO_COUNT);
  writeFileSync(sent, data);
  const before = (await tables(place.server)).ports["a"]!.framesIn;
  for (const [to, listener] of [
    [B.v4, "UDP4-RECV:7000"],
    [B.v6, "UDP6-RECV:7000"],
  ] as const) {
    const got = `${place.folder}/got-${listener.slice(0, 4)}`;
    const socat = lab.spawn("b", ["socat", "-u", "-b", "65536", listener, `CREATE:${got}`]);
    await until(() => listening(lab), "socat on port 7000");
    await sendLarge(lab, to, sent);
    await until(() => statSync(got, { throwIfNoEntry: false })?.size === data.length, "all datagrams");
    assert.deepEqual(readFileSync(got), data);
    await socat.stop();
  }
  const uso = await hasUso(lab);
  t.diagnostic(`USO of this kernel's TAP: ${uso}`);
  if (uso) {
    const large = (await tables(place.server)).ports["a"]!.framesIn - before;
    assert.ok(large < 4 * USO_COUNT, `${2 * USO_COUNT} large datagrams came in ${large} frames`);
  }
  const good = await judge(file);
  assert.equal(good.udp, (2 * USO_COUNT * USO_BYTES) / USO_SEGMENT);
  assert.equal(Math.max(...capturedLengths(file)), 14 + 40 + 8 + USO_SEGMENT);
});

async function listening(lab: Lab): Promise<boolean> {
  return (await lab.run("b", ["ss", "-Huln", "sport = 7000"])).stdout.includes(":7000");
}

kernelTest("finishes what it floods, once for all who need it", { needs: UDP_NEEDS }, async (lab, t) => {
  const place = await setting(lab, t);
  await join(lab, "a");
  await join(lab, "b");
  const peers = [await Peer.connect({ path: place.socket }), await Peer.connect({ path: place.socket })];
  t.after(() => peers.forEach((peer) => void peer.destroy()));
  await until(
    async () => Object.keys((await tables(place.server)).ports).length === 4,
    "ports of silent peers",
  );
  const stranger = ["lladdr", "02:00:00:00:00:99", "dev", "tap0", "nud", "permanent"];
  await lab.ip("a", "neighbour", "add", "10.10.0.99", ...stranger);
  const sent = `${place.folder}/sent`;
  writeFileSync(sent, randomBytes(USO_BYTES * USO_COUNT));
  await sendLarge(lab, "10.10.0.99", sent);
  const wanted = (USO_BYTES * USO_COUNT) / USO_SEGMENT;
  for (const [index, peer] of peers.entries()) {
    const datagrams = (): Buffer[] => peer.frames.filter((frame) => frame.readUInt32BE(0) === 0x02000000);
    await until(
      () => datagrams().length === wanted,
      () => `${wanted} datagrams, not ${datagrams().length}`,
    );
    assert.ok(peer.records.every(({ kind }) => kind === 0));
    const payload = Buffer.concat(datagrams().map((frame) => frame.subarray(14 + 20 + 8)));
    assert.deepEqual(payload, readFileSync(sent));
    const file = `${place.folder}/flooded-${index}.pcap`;
    const capture = new CaptureFile(file);
    capture.write(datagrams());
    capture.close();
    assert.equal((await judge(file)).udp, wanted);
  }
  assert.equal((await linkState(lab, "b", "tap0"))!.carrier, true);
});

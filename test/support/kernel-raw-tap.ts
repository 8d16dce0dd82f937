/**
 * A program of its own: a raw peer with a host behind it, much as QEMU is. Connects to a server's Unix socket, opens
 * a TAP without any offload and carries frames between the two; every frame from the server goes into a capture
 * file too. With a VLAN, the host behind it is on that VLAN only. What is no plain frame ends it.
 *
 *   node kernel-raw-tap.js SOCKET DEVICE CAPTURE VLAN ADDRESS...      VLAN 0: none; prints "ready"
 */
import { createConnection } from "node:net";
import { TapDevice } from "../../src/link/tap-device.js";
import { CaptureFile } from "./kernel-capture.js";
import { tag, untag } from "./kernel-tagger.js";
import { record, split, type WireRecord } from "./peers.js";

const READ_BYTES = 512 * 1024;
/** Frames leave in bunches, as those of a peer that sends faster than the server reads. */
const GATHER_MS = 3;

const [path = "", name = "", file = "", vlanText = "0", ...addresses] = process.argv.slice(2);
const vlan = Number(vlanText);
const device = TapDevice.open({ name, offload: false, addresses });
const capture = new CaptureFile(file);
const socket = createConnection({ path, noDelay: true });

function join(records: readonly WireRecord[]): Buffer {
  return Buffer.concat(records.map(({ kind, payload }) => record(kind, payload)));
}

let rest: Buffer = Buffer.alloc(0);
socket.on("data", (chunk) => {
  const cut = split(Buffer.concat([rest, chunk]));
  rest = cut.rest;
  const strange = cut.records.find(({ kind }) => kind !== 0);
  if (strange !== undefined) throw new Error(`a raw peer got a record of kind ${strange.kind}`);
  capture.write(cut.records.map(({ payload }) => payload));
  const mine = vlan === 0 ? cut.records : cut.records.map((one) => untag(one, vlan));
  const bytes = join(mine.filter((one) => one !== null));
  device.write(bytes, 0, bytes.length);
});

const room = Buffer.alloc(READ_BYTES);
let gathered: WireRecord[] = [];
const watch = device.watch(() => {
  const end = device.read(room, 0);
  const { records } = split(room.subarray(0, end));
  if (gathered.length === 0 && records.length > 0) setTimeout(flush, GATHER_MS);
  gathered.push(...records);
});

function flush(): void {
  socket.write(join(vlan === 0 ? gathered : gathered.map((one) => tag(one, vlan))));
  gathered = [];
}

socket.on("connect", () => {
  watch.start();
  console.log("ready");
});

/** Descriptors that the program is started with, as ports: the real program, with a TAP, a stream and packets. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { native } from "../../../src/native/native.js";
import { arpRequest, KERNEL, OURS } from "../../native/frames.js";
import { ip, kernelTests } from "../../native/namespace.js";
import { eventually } from "../../support/clock.js";
import { DatagramPeer } from "../../support/datagram-peer.js";
import { Peer } from "../../support/peers.js";
import { temporaryFolder } from "../../support/server.js";

const PROGRAM = fileURLToPath(new URL("../../../../bin/tapswitch.js", import.meta.url));
const LIMIT_MS = 60_000;
const ARP = 0x0806;

function serve(state: string, stdio: ("pipe" | number)[], urls: readonly string[]): ChildProcess {
  const attach = urls.flatMap((url) => ["--attach", url]);
  const args = ["serve", "--listen", "tcp://127.0.0.1:0", "--state", state, ...attach];
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe", ...stdio] });
}

/** Frames of ARP from the kernel behind the TAP to our host. */
function answers(frames: readonly Buffer[]): Buffer[] {
  const from = Buffer.from(KERNEL.mac, "hex");
  return frames.filter((one) => one.readUInt16BE(12) === ARP && one.subarray(6, 12).equals(from));
}

kernelTests(import.meta.url, () => {
  test("a TAP, a stream and a sequence of packets that were inherited are ports of one network", async (t) => {
    const tap = native().openTap("tap%d", 1, 1);
    ip(`link set ${tap.name} address 02:00:00:00:00:01`);
    ip(`address add 10.9.0.1/24 dev ${tap.name}`);
    ip(`link set ${tap.name} up`);
    ip("link set lo up");
    const [ours, theirs] = native().socketPair("packet");
    const child = serve(temporaryFolder(t), [tap.fd, "pipe", theirs], ["fd:3", "fd:4?name=stream", "fd:5"]);
    t.after(() => child.kill("SIGKILL"));
    native().closeDescriptor(tap.fd);
    native().closeSocket(theirs);
    const packets = new DatagramPeer(ours);
    t.after(() => packets.vanish());
    const stream = new Peer(child.stdio[4] as Socket);
    for (const [far, said] of [
      [packets, () => packets.frames],
      [stream, () => stream.frames],
    ] as const) {
      let asked = 0;
      await eventually(
        () => {
          if (asked++ % 100 === 0) far.send(arpRequest());
          return answers(said()).length > 0;
        },
        "the kernel's answer",
        LIMIT_MS,
      );
      assert.equal(answers(said())[0]!.toString("hex", 0, 6), OURS.mac);
    }
    child.kill("SIGTERM");
    await once(child, "exit");
    await stream.ended();
    assert.equal(native().getInterface(tap.name), null, "the TAP went with the last who held it");
  });

  test("a start is refused with what the descriptor is, where it is none of these", async (t) => {
    for (const [url, text] of [
      ["fd:3", /descriptor 3 is a pipe: give a TAP, or a socket/],
      ["fd:200", /descriptor 200 is not open/],
    ] as const) {
      const script = 'cat | exec "$@" 3<&0';
      const argv = ["-c", script, "sh", process.execPath, PROGRAM, "serve", "--listen", "tcp://127.0.0.1:0"];
      const child = spawn("sh", [...argv, "--state", temporaryFolder(t), "--attach", url], {
        stdio: ["pipe", "ignore", "pipe"],
      });
      let said = "";
      child.stderr!.on("data", (chunk) => {
        said += chunk;
      });
      child.stdin!.end();
      const [status] = await once(child, "exit");
      assert.match(said, text);
      assert.equal(status, 2);
    }
  });
});

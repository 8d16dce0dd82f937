/** Captures of real traffic, as Wireshark's own reader sees them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Lab } from "../../src/cli/demo/lab.js";
import { extcapFolder, scriptPath } from "../../src/cli/extcap/install.js";
import { frame, macOf, reserved } from "../support/frames.js";
import { record } from "../support/frames-offload.js";
import { kernelTest } from "../support/kernel.js";
import { overlay, ping, SERVER_URL, segment, until } from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";

const [A, B] = [overlay("a").v4, overlay("b").v4];
const TSHARK = { needs: ["tshark"] };

/** Hosts a and b on a switch with a control socket, and a socket for a peer that the test plays. */
async function watched(lab: Lab, t: TestContext) {
  const folder = temporaryFolder(t);
  const [control, raw] = [join(folder, "control.sock"), join(folder, "raw.sock")];
  const listen = ["--listen", SERVER_URL, "--insecure", "--listen", `unix://${raw}`];
  await segment(lab, ["a", "b"], [...listen, "--state", folder, "--control", control]);
  const capture = (...args: string[]) => lab.tapswitch("s", "capture", "--control", control, ...args);
  return { folder, control, raw, capture };
}

/** The fields that tshark finds in a file, a list for each packet. */
async function fields(lab: Lab, file: string, ...names: string[]): Promise<string[][]> {
  const argv = ["tshark", "-r", file, "-T", "fields", ...names.flatMap((name) => ["-e", name])];
  const { stdout } = await lab.run("s", argv, { check: true });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/** Sends one frame as QEMU would, and hangs up. */
function sendRaw(path: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const peer = connect({ path }, () => peer.end(record(0, bytes)));
    peer.once("error", reject);
    peer.once("close", () => resolve());
    peer.resume();
  });
}

kernelTest("tshark finds ports, directions, comments and drops in a capture", TSHARK, async (lab, t) => {
  const { folder, raw, capture } = await watched(lab, t);
  const file = join(folder, "lan.pcapng");
  const running = capture(
    "--direction",
    "both",
    "--drops",
    "--filter",
    "icmp or ether dst 01:80:c2:00:00:0e",
    "-w",
    file,
  );
  await until(() => existsSync(file) && statSync(file).size > 0, "the capture to begin");
  await ping(lab, "a", B);
  await sendRaw(raw, frame({ to: reserved(14), from: macOf(9) }, 70));
  await until(() => readFileSync(file).includes("dropped: blocked"), "the drop");
  running.signal("SIGINT");
  assert.equal((await running.exit).status, 0);
  assert.match(running.stderr, /^21 packets of 3 ports\n$/);

  const packets = await fields(
    lab,
    file,
    "frame.interface_name",
    "frame.packet_flags_direction",
    "ip.src",
    "frame.comment",
  );
  const count = (...wanted: string[]): number =>
    packets.filter((one) => wanted.every((value, index) => one[index] === value)).length;
  const [INBOUND, OUTBOUND] = ["0x00000001", "0x00000002"];
  assert.equal(count("a", INBOUND, A), 5);
  assert.equal(count("b", OUTBOUND, A), 5);
  assert.equal(count("b", INBOUND, B), 5);
  assert.equal(count("a", OUTBOUND, B), 5);
  assert.deepEqual(packets.at(-1)!.slice(1), [INBOUND, "", "dropped: blocked"]);
  const [description] = await fields(lab, file, "frame.interface_description");
  assert.match(description![0]!, /^tcp 10\.9\.0\.2:\d+$/);
  const { stdout } = await lab.run("s", ["capinfos", file]);
  assert.equal([...stdout.matchAll(/Number of stat entries = 1/g)].length, 3);
});

kernelTest("tshark captures a ping live, from the interface that extcap gives it", TSHARK, async (lab, t) => {
  const { control } = await watched(lab, t);
  const script = scriptPath(extcapFolder());
  const before = existsSync(script) ? readFileSync(script) : null;
  t.after(() => (before === null ? rmSync(script, { force: true }) : writeFileSync(script, before)));
  const program = [process.execPath, PROGRAM];
  await lab.run("s", [...program, "extcap", "install", "--socket", control], { check: true });
  const { stdout } = await lab.run("s", ["tshark", "-D"], { check: true });
  for (const name of ["tapswitch:default ", "tapswitch:default:a ", "tapswitch:default:b "])
    assert.ok(stdout.includes(name), stdout);

  const argv = [
    "-i",
    "tapswitch:default:b",
    "-f",
    "icmp",
    "-c",
    "10",
    "-T",
    "fields",
    "-e",
    "frame.interface_name",
    "-e",
    "icmp.type",
  ];
  const live = lab.spawn("s", ["tshark", "-l", ...argv]);
  await live.waitFor(/Capturing on/);
  const pinging = lab.spawn("a", ["ping", "-i", "0.1", B]);
  const { status } = await live.exit;
  await pinging.stop();
  assert.equal(status, 0, live.stderr);
  const lines = live.stdout.trim().split("\n");
  assert.equal(lines.length, 10);
  assert.ok(
    lines.every((line) => /^b\t[08]$/.test(line)),
    live.stdout,
  );
});

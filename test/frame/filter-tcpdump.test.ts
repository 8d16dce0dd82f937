import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Filter } from "../../src/frame/filter.js";
import { Choices } from "../support/choices.js";
import { anyFrame } from "../support/frames-any.js";
import { seed } from "../support/generated.js";
import { anyFilter } from "../support/plain-filter.js";
import { temporaryFolder } from "../support/server.js";

const FRAMES = 2_000;
const EXPRESSIONS = 60;
/** Written by hand: what people type, and where rank and keywords left away decide. */
const TYPED = [
  "tcp or udp and host 10.0.0.1",
  "arp or ip and not port 53",
  "not arp and not icmp6",
  "port 80 or 443 and src 10.0.0.1",
  "tcp dst port (22 or 80)",
  "host 10.0.0.1 and not (udp port 53 or tcp port 443)",
  "src net 10 and dst net 192.168.7",
  "net 10.0.0.0 mask 255.0.0.0",
  "ip multicast or ip6 multicast or ether multicast",
  "src or dst port 8080",
  "ip6 net fd00::/32 and !tcp",
];

/** A capture file of the oldest format, all at one time, the index of each frame as microseconds. */
function pcap(frames: readonly Buffer[]): Buffer {
  const head = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
  const records = frames.flatMap((frame, index) => [
    Buffer.from(Uint32Array.of(1, index, frame.length, frame.length).buffer),
    frame,
  ]);
  return Buffer.concat([head, ...records]);
}

test("finds the frames that tcpdump finds", { skip: !has("tcpdump") }, (t) => {
  const choices = Choices.seeded(seed);
  const frames = Array.from({ length: FRAMES }, () => anyFrame(choices, { everything: false }));
  const file = join(temporaryFolder(t), "frames.pcap");
  writeFileSync(file, pcap(frames));
  const made = Array.from({ length: 10 * EXPRESSIONS }, () => anyFilter(choices))
    .filter(({ inTcpdump }) => inTcpdump)
    .slice(0, EXPRESSIONS);
  let total = 0;
  for (const text of [...TYPED, ...made.map((one) => one.text)]) {
    const filter = new Filter(text);
    const ours = frames.flatMap((frame, index) => (filter.matches(frame, 0, frame.length) ? [index] : []));
    assert.deepEqual(ours, found(file, text), text);
    total += ours.length;
  }
  assert.ok(total > FRAMES, `${total} frames found in all`);
});

function has(tool: string): boolean {
  return spawnSync(tool, ["--version"]).status === 0;
}

function found(file: string, text: string): number[] {
  const { status, stdout, stderr } = spawnSync("tcpdump", ["-r", file, "-tt", "-n", "-q", text], {
    encoding: "utf8",
  });
  // What it refuses to look for, because no frame can have it, it would not find.
  if (/expression rejects all packets/.test(stderr)) return [];
  assert.equal(status, 0, `${text}: ${stderr}`);
  return [...stdout.matchAll(/^1\.(\d{6}) /gm)].map(([, index]) => Number(index));
}

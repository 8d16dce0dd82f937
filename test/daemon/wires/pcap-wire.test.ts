/** Capture files as wires of a server, also behind bad cables. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Fate, LOST } from "../../../src/link/impairment.js";
import { pcap } from "../../support/capture-files.js";
import { eventually } from "../../support/clock.js";
import { frame, mac } from "../../support/peers.js";
import { refusalOf, TestServer, temporaryFolder } from "../../support/server.js";

const FRAMES = 2_000;

/** A capture of frames from as many hosts. */
function captured(t: TestContext): string {
  const path = join(temporaryFolder(t), "lan.pcap");
  const packets = Array.from({ length: FRAMES }, (_, host) => ({
    frame: frame({ from: mac(host + 1), salt: host }),
    timeMs: 1_700_000_000_000 + host,
  }));
  writeFileSync(path, pcap(packets, { little: true, nano: false }));
  return path;
}

test("a capture comes in at a port that is named after it, and says when it was all", async (t) => {
  const one = await TestServer.start(t, { attach: [`pcap:${captured(t)}?speed=0`] });
  await eventually(() => one.said.some((line) => line.includes("2000 packets came in")), "the end");
  const [port] = one.ports();
  assert.deepEqual([port!.name, port!.kind, port!.macs], ["lan.pcap", "pcap", FRAMES]);
  assert.equal(port!.counters.framesIn, FRAMES);
});

test("what a bad cable loses of it is known beforehand by its seed", async (t) => {
  const path = captured(t);
  const one = await TestServer.start(t, { attach: [`pcap:${path}?speed=0&loss=30%25&seed=7&delay=5ms`] });
  const arrived = (): number => one.ports()[0]!.counters.framesIn;
  const lost = (): number => one.ports()[0]!.counters.drops.loss;
  await eventually(() => arrived() + lost() === FRAMES, "all of it");
  const again = await TestServer.start(t, { attach: [`pcap:${path}?speed=0&loss=30%25&seed=7`] });
  await eventually(() => again.ports()[0]!.counters.framesIn === arrived(), "as many once more");
  assert.equal(again.ports()[0]!.counters.drops.loss, lost());
  const fate = new Fate({ loss: 0.3, seed: 7 ^ 0x5bd1e995 });
  const expected = Array.from({ length: FRAMES }, () => fate.of(60, 0)).filter((due) => due === LOST);
  assert.equal(lost(), expected.length);
});

test("a start is refused where the file is none, or is not there", async (t) => {
  const folder = temporaryFolder(t);
  assert.match(
    (await refusalOf({ attach: [`pcap:${folder}/none`] })).message,
    /ENOENT.*there is no such file/,
  );
  writeFileSync(join(folder, "text"), "no capture");
  const { message } = await refusalOf({ attach: [`pcap:${folder}/text`] });
  assert.match(message, /it begins neither as a pcap nor as a pcapng file/);
});

/** `tapswitch test` between real joins, over TLS. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Lab, Outcome } from "../../src/cli/demo/lab.js";
import { ProbeResult } from "../../src/control/probe-api.js";
import { kernelTest } from "../support/kernel.js";
import { PROGRAM, Site } from "../support/kernel-site.js";

kernelTest("measures from one member to another, and no device sees any of it", async (lab, t) => {
  const site = await Site.build(lab, t);
  await site.serve();
  const control = (host: string): string => join(site.state(host), "join.sock");
  for (const [index, host] of ["a", "b", "c"].entries()) {
    const options = ["--control", control(host), ...(host === "c" ? ["--no-test-responder"] : [])];
    const url = await site.ask("invite", "--name", host);
    await site.join(host, url, `10.10.0.${index + 1}/24`, ...options).waitFor(/joined/);
  }
  const ask = (...args: string[]): Promise<Outcome> =>
    lab.run("a", [process.execPath, PROGRAM, "test", ...args, "--control", control("a")]);
  const before = await received(lab, "b");
  for (const target of ["b", "10.10.0.2"]) {
    const said = await ask(target, "--seconds", "0.5", "--json");
    assert.equal(said.status, 0, said.stderr);
    const { name, frameBytes, latency, up, down } = ProbeResult.parse(JSON.parse(said.stdout));
    assert.deepEqual([name, frameBytes], ["b", 65_000]);
    assert.ok(latency.received >= 10 && latency.p50Ms! > 0 && latency.p50Ms! <= latency.p99Ms!, said.stdout);
    for (const { bytes, bitsPerSecond } of [up, down])
      assert.ok(bytes > 1_000_000 && bitsPerSecond > 1e7, said.stdout);
  }
  const after = await received(lab, "b");
  assert.ok(after - before < 100_000, `${after - before} bytes reached the device`);
  const people = await ask("b", "--seconds", "0.2");
  assert.match(people.stdout, /^b \(.*\nlatency +min .*\n.* lost \(.*\nup .* Gbit\/s.*\ndown .* Gbit\/s/);
  assert.equal(people.stderr, "");
  for (const [target, status, sentence] of [
    ["c", 1, /nothing called 'c' answers.*--no-test-responder/],
    ["10.10.0.99", 1, /nothing called '10\.10\.0\.99' answers/],
    ["a", 2, /'a' is this host itself/],
  ] as const) {
    const said = await ask(target);
    assert.deepEqual([said.status, said.stdout], [status, ""]);
    assert.match(said.stderr, sentence);
  }
  const atServer = await lab.run("s", [
    ...[process.execPath, PROGRAM, "test", "b"],
    ...["--control", join(site.state("s"), "control.sock")],
  ]);
  assert.match(atServer.stderr, /this is a server: run it on a host that has joined/);
});

async function received(lab: Lab, host: string): Promise<number> {
  const { stdout } = await lab.run(host, ["cat", "/sys/class/net/tap0/statistics/rx_bytes"]);
  return Number(stdout);
}

/** Programs as ports: passt as a way out, and a tapswitch at the other end of a pipe, as ssh makes one. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import { join, ping, serve, tables, transfer, underlay, until } from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";

const BASE = ["--listen", "tcp://10.9.0.1:9621", "--insecure"] as const;

/** Process ids in a host, of programs whose name begins so. */
async function pidsOf(lab: Lab, host: string, name: string): Promise<number[]> {
  const { stdout } = await lab.run(host, ["ip", "netns", "pids", lab.namespace(host)]);
  const pids = stdout.split("\n").filter(Boolean).map(Number);
  return pids.filter((pid) => nameOf(pid).startsWith(name));
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return ""; // It has ended meanwhile.
  }
}

kernelTest(
  "passt leases an address to a host and carries its connections, again after it was killed",
  { needs: ["passt", "busybox"] },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    const data = randomBytes(5_000_000);
    writeFileSync(`${folder}/file`, data);
    const script = `${folder}/lease`;
    const text = `[ "$1" != bound ] || { ip addr add $ip/$mask dev $interface; echo "leased $ip/$mask by $router"; }`;
    writeFileSync(script, `#!/bin/sh\n${text}\n`);
    chmodSync(script, 0o755);
    await underlay(lab, ["a"]);
    await lab.ip("s", "route", "add", "default", "via", "10.9.0.2");
    lab.spawn("s", ["busybox", "httpd", "-f", "-p", "127.0.0.1:8080", "-h", folder]);
    const address = "address=10.77.0.2&netmask=255.255.255.0&gateway=10.77.0.1&dns=10.77.0.1";
    const server = await serve(lab, ...BASE, "--attach", `passt:?${address}&mtu=1400`);
    await join(lab, "a", ["--dev", "tap0", "--ip", "10.99.0.1/24"]);

    const client = ["busybox", "udhcpc", "-i", "tap0", "-f", "-n", "-q", "-t", "20", "-T", "1", "-s", script];
    const leased = await lab.run("a", client, { timeoutMs: 60_000 });
    assert.match(
      leased.stdout,
      /leased 10\.77\.0\.2\/24 by 10\.77\.0\.1/,
      `${leased.stderr}${server.output}`,
    );
    const fetch = ["busybox", "wget", "-q", "-O", `${folder}/got`, "http://10.77.0.1:8080/file"];
    await lab.run("a", fetch, { check: true });
    assert.ok(readFileSync(`${folder}/got`).equals(data));

    const [pid] = await pidsOf(lab, "s", "passt");
    process.kill(pid!, "SIGKILL");
    await until(async () => (await pidsOf(lab, "s", "passt")).some((one) => one !== pid), "another passt");
    await until(async () => (await lab.run("a", fetch, { timeoutMs: 5_000 })).status === 0, "a connection");
    assert.match(server.output, /passt has ended \(SIGKILL\)/);
    assert.deepEqual(Object.keys((await tables(server)).ports).toSorted(), ["a", "passt"]);
    await server.stop();
    await until(async () => (await pidsOf(lab, "s", "passt")).length === 0, "passt to end");
  },
);

kernelTest("two processes are one network by exec: and stdio:, as over ssh", async (lab, t) => {
  const folder = temporaryFolder(t);
  await underlay(lab, ["a", "b"]);
  // What ssh would start on the other host.
  const far = `ip netns exec ${lab.namespace("b")} ${process.execPath} ${PROGRAM}`;
  const command = `${far} serve --log-format human --listen unix://${folder}/far --attach tap:tap0 --attach stdio:`;
  const wires = ["--attach", `exec:${command}?name=cable`, "--attach", "tap:tap1"];
  const server = await serve(lab, "--listen", `unix://${folder}/near`, ...wires);
  const isUp = async (): Promise<boolean> =>
    (await lab.run("b", ["ip", "link", "show", "tap0"])).status === 0;
  await until(isUp, "the far end");
  await lab.ip("b", "addr", "add", "10.10.0.2/24", "dev", "tap0");
  await lab.ip("s", "addr", "add", "10.10.0.1/24", "dev", "tap1");
  await ping(lab, "s", "10.10.0.2");
  await transfer(lab, { from: "s", to: "b", address: "10.10.0.1" });
  await transfer(lab, { from: "b", to: "s", address: "10.10.0.2", port: 5002 });
  assert.match(server.output, /exec ip: .*port up/, "what it logs is in our log");

  const [pid] = await pidsOf(lab, "b", "node");
  process.kill(pid!, "SIGKILL");
  await until(
    async () => (await pidsOf(lab, "b", "node")).some((one) => one !== pid),
    "it to be started again",
  );
  await until(isUp, "the far end");
  const again = pidsOf(lab, "b", "node");
  await server.stop();
  await until(async () => (await pidsOf(lab, "b", "node")).length === 0, "the far end to end");
  assert.ok((await again).length > 0);
  assert.equal(existsSync(`${folder}/far`), false, "in order");
});

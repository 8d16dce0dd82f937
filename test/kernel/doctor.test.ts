/** `tapswitch doctor` on real hosts, and against servers that are not what they should be. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import type { Lab } from "../../src/cli/demo/lab.js";
import { Report } from "../../src/cli/doctor/verdict.js";
import { kernelTest } from "../support/kernel.js";
import { PROGRAM, SERVER, Site } from "../support/kernel-site.js";

const URL_ = `tls://${SERVER}:9621`;
const OTHER_PIN = "A".repeat(43);

interface Seen {
  readonly status: number | null;
  readonly ms: number;
  /** "fail key": the text. */
  readonly found: ReadonlyMap<string, string>;
}

async function doctor(
  lab: Lab,
  host: string,
  args: readonly string[],
  before: readonly string[] = [],
): Promise<Seen> {
  const began = performance.now();
  const argv = [...before, process.execPath, PROGRAM, "doctor", "--json", ...args];
  // Labs share /run: what runs elsewhere on this machine is not looked at.
  const { status, stdout, stderr } = await lab.run(host, argv, { env: { RUNTIME_DIRECTORY: "/nowhere" } });
  assert.equal(stderr, "");
  const { ok, findings } = Report.parse(JSON.parse(stdout));
  assert.equal(ok, status === 0);
  for (const { level, fix, text } of findings) if (level === "warn" || level === "fail") assert.ok(fix, text);
  const found = new Map(findings.map(({ level, check, text }) => [`${level} ${check}`, text]));
  return { status, ms: performance.now() - began, found };
}

kernelTest("doctor follows a host from no key to member, and changes nothing", async (lab, t) => {
  const site = await Site.build(lab, t);
  await site.serve();
  const invite = await site.ask("invite");
  const state = ["--state", site.state("a")];
  const before = await doctor(lab, "a", [invite, ...state]);
  assert.match(before.found.get("pass key")!, /the key that the URL wants/);
  assert.match(before.found.get("skip membership")!, /no key yet/);
  assert.equal(existsSync(site.state("a")), false);

  const client = site.join("a", invite, "10.10.0.1/24");
  await client.waitFor(/joined/);
  const meanwhile = await doctor(lab, "a", [URL_, ...state]);
  assert.equal(meanwhile.status, 0, JSON.stringify([...meanwhile.found]));
  assert.match(meanwhile.found.get("pass key")!, /the key that the state folder wants/);
  assert.match(meanwhile.found.get("pass membership")!, /connected by another process/);
  await client.stop();

  const after = await doctor(lab, "a", [URL_, ...state]);
  assert.equal(after.status, 0, JSON.stringify([...after.found]));
  assert.match(after.found.get("pass membership")!, /network 'default' \(protocol version 1\)/);
  assert.match(after.found.get("pass round-trip")!, /session .* ms, TCP .* ms/);
  assert.match(after.found.get("pass clock-skew")!, /0\.0 s/);
  assert.match(after.found.get("pass network-mtu")!, /1500/);
  assert.match(after.found.get("pass path-mtu")!, /1500 bytes/);
  assert.match(after.found.get("pass offload")!, /csum yes, tso4 yes, tso6 yes/);
  assert.deepEqual(readdirSync(site.state("a")).sort(), ["identity.pem", "servers"]);
});

kernelTest(
  "doctor names what is wrong with a server, and with the way to it",
  { needs: ["socat"] },
  async (lab, t) => {
    const site = await Site.build(lab, t);
    await site.serve();
    const state = ["--state", site.state("b")];
    const failing = async (url: string, check: string, said: RegExp): Promise<Seen> => {
      const seen = await doctor(lab, "b", [url, ...state]);
      assert.equal(seen.status, 1);
      assert.match(seen.found.get(`fail ${check}`) ?? JSON.stringify([...seen.found]), said);
      return seen;
    };
    await failing(URL_, "key", /nothing says which key it must have; it shows \S{43}/);
    await failing(`${URL_}?pin=${OTHER_PIN}`, "key", /the URL wants A{43}/);
    await failing(`tls://${SERVER}:9622`, "reach", /does not answer \(ECONNREFUSED\)/);
    await failing("tls://nowhere.invalid", "name", /no address/);
    await failing("tls://192.0.2.1", "route", /no route to 192\.0\.2\.1/);
    const others = `
    const { createServer } = require("node:net");
    const polite = (serve) => createServer((socket) => serve(socket.on("error", () => {}).resume()));
    polite((socket) => socket.write("SSH-2.0-OpenSSH_9.2\\r\\n")).listen(2222);
    polite((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\\r\\n\\r\\n"))).listen(8080, () =>
      console.log("ready"));`;
    await lab.spawn("s", [process.execPath, "-e", others]).waitFor(/ready/);
    await failing(`tls://${SERVER}:2222`, "protocol", /'SSH-2\.0-OpenSSH_9\.2'/);
    await failing(`tls://${SERVER}:8080`, "protocol", /does not speak TLS/);
    await failing(`tcp://${SERVER}:8080`, "protocol", /does not speak our protocol/);

    // A host that is not there: its neighbour entry is never answered.
    await lab.ip("b", "neigh", "add", "10.9.0.99", "lladdr", "02:00:00:00:00:99", "dev", "eth0");
    const dead = await failing("tls://10.9.0.99", "reach", /ETIMEDOUT/);
    assert.ok(dead.ms < 6_000, `${dead.ms} ms`);

    await lab.ip("b", "tuntap", "add", "dev", "tap9", "mode", "tap");
    await lab.up("b", "tap9", ["10.77.0.1/24"]);
    await failing("tls://10.77.0.9", "route", /leaves through tap9, a TAP/);
  },
);

kernelTest("doctor measures a path that is narrower than the devices on it", async (lab, t) => {
  const site = await Site.build(lab, t);
  await lab.host("far");
  await lab.cable(
    { host: "s", device: "tofar", addresses: ["10.8.0.1/24", "fd08::1/64"] },
    { host: "far", device: "eth0", addresses: ["10.8.0.2/24", "fd08::2/64"] },
  );
  for (const [host, device] of [
    ["s", "tofar"],
    ["far", "eth0"],
  ] as const)
    await lab.ip(host, "link", "set", "dev", device, "mtu", "1300");
  await lab.run("s", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
  await lab.ip("far", "route", "add", "default", "via", "10.8.0.1");
  await lab.ip("a", "route", "add", "10.8.0.0/24", "via", SERVER);
  const { found } = await doctor(lab, "a", ["tcp://10.8.0.2:9621", "--state", site.state("a")]);
  assert.match(
    found.get("pass path-mtu") ?? JSON.stringify([...found]),
    /packets of 1300 bytes \(eth0 sends up to 1500\)/,
  );
  const { found: v6 } = await doctor(lab, "s", ["tcp://[fd08::2]:9621", "--state", site.state("s")]);
  assert.match(v6.get("pass path-mtu") ?? JSON.stringify([...v6]), /packets of 1300 bytes/);
});

kernelTest("doctor without rights, and without a network, says what it could not see", async (lab, t) => {
  const site = await Site.build(lab, t);
  await lab.host("alone");
  const powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  const { found } = await doctor(lab, "alone", ["--state", site.state("x")], powerless);
  assert.match(found.get("warn rights")!, /no CAP_NET_ADMIN/);
  assert.match(found.get("warn way-out")!, /no way out/);
});

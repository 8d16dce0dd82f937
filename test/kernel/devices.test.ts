/** What a join makes of its device, and what it says to those who run it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  linkState,
  overlay,
  ping,
  SERVER_URL,
  serve,
  startJoin,
  tables,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";
import { temporaryFolder } from "../support/server.js";

const CHECKOUT = fileURLToPath(new URL("../../../", import.meta.url));
const NOBODY = 65_534;

kernelTest("runs the hooks, with the facts in their environment", async (lab, t) => {
  const folder = temporaryFolder(t);
  await underlay(lab, ["a"]);
  const server = await serve(lab, "--network", "blue", "--mtu", "1400");
  const note = (file: string): string =>
    `env | grep ^TAPSWITCH_ | sort > ${folder}/${file}.part && mv ${folder}/${file}.part ${folder}/${file}`;
  const mac = "02:00:00:00:00:0a";
  const options = [
    "--dev",
    "vm0",
    "--mac",
    mac,
    "--up",
    `ip addr show dev vm0 > ${folder}/addresses; ${note("up")}`,
  ];
  const client = await join(
    lab,
    "a",
    [...options, "--down", `${note("down")}; exit 7`],
    `${SERVER_URL}/blue`,
  );
  const facts = (event: string): string =>
    [
      "TAPSWITCH_DEVICE=vm0",
      `TAPSWITCH_EVENT=${event}`,
      `TAPSWITCH_MAC=${mac}`,
      "TAPSWITCH_MTU=1400",
      "TAPSWITCH_NETWORK=blue",
      `TAPSWITCH_SERVER=${SERVER_URL}/blue\n`,
    ].join("\n");
  const read = (file: string): string => {
    try {
      return readFileSync(`${folder}/${file}`, "utf8");
    } catch {
      return "";
    }
  };
  await until(() => read("up") !== "", "the up hook");
  assert.equal(read("up"), facts("up"));
  assert.match(read("addresses"), /inet 10\.10\.0\.1\/24/);
  assert.equal(read("down"), "");
  // Once per process, not once per session.
  await server.stop();
  client.clear();
  await serve(lab, "--network", "blue", "--mtu", "1400");
  await client.waitFor(/joined/, 30_000);
  assert.deepEqual(await client.stop(), { status: 0, signal: null });
  assert.equal(read("down"), facts("down"));
  assert.match(client.output, /--down failed.*status=7/);
});

kernelTest("leaves its device with --persist, and takes it again with its addresses", async (lab) => {
  await underlay(lab, ["a", "b"]);
  await serve(lab);
  await join(lab, "b");
  const first = await join(lab, "a", ["--dev", "keep0", "--persist"]);
  const before = (await linkState(lab, "a", "keep0"))!;
  await first.stop();
  assert.deepEqual(await linkState(lab, "a", "keep0"), { ...before, carrier: false });
  await join(lab, "a", ["--dev", "keep0"]);
  assert.deepEqual(await linkState(lab, "a", "keep0"), before);
  await ping(lab, "b", overlay("a").v4);
  await ping(lab, "b", overlay("a").v6);
});

kernelTest("joins as an unprivileged user on a device that root has made", async (lab) => {
  await underlay(lab, ["a", "b"]);
  await serve(lab);
  await join(lab, "b");
  await lab.ip("a", "tuntap", "add", "dev", "tap7", "mode", "tap", "user", String(NOBODY));
  await lab.up("a", "tap7", [`${overlay("a").v4}/24`]);
  // Wherever checkout and Node lie, that user can read them in /mnt and /media of this namespace.
  const script = `mount --bind ${CHECKOUT} /mnt && mount --bind ${dirname(process.execPath)} /media && exec "$@"`;
  const user = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--inh-caps=-all"];
  const start = (...options: string[]) =>
    lab.spawn("a", [
      "sh",
      "-c",
      script,
      "sh",
      ...user,
      `/media/${basename(process.execPath)}`,
      "/mnt/bin/tapswitch.js",
      "join",
      ...options,
    ]);
  const client = start(SERVER_URL, "--dev", "tap7", "--ip", `${overlay("a").v4}/24`, "--name", "a");
  await client.waitFor(/joined/, 30_000);
  assert.match(
    readFileSync(`/proc/${client.pid}/status`, "utf8"),
    /^Uid:\s+65534\s+65534[\s\S]*^CapEff:\s+0+$/m,
  );
  await ping(lab, "a", overlay("b").v4);
  await transfer(lab, { from: "b", to: "a", address: overlay("b").v4 });
  assert.deepEqual(await client.stop(), { status: 0, signal: null }, client.output);
  assert.ok(await linkState(lab, "a", "tap7"));
  // And is told what root would have to do where there is none.
  const refused = start(SERVER_URL, "--dev", "tap8");
  assert.equal((await refused.exit).status, 3);
  assert.match(
    refused.output,
    /^tapswitch: cannot open .* tap8 \(EPERM\): run as root, or as root once: ip tuntap add/m,
  );
});

kernelTest("refuses to reach its server through its own device", async (lab) => {
  await underlay(lab, ["a"]);
  await serve(lab);
  const client = lab.tapswitch("a", "join", "tcp://10.10.0.99:9621", "--ip", "10.10.0.1/24");
  assert.equal((await client.exit).status, 2);
  const sentence =
    /^tapswitch: the route to the server \(10\.10\.0\.99\) leaves through tap0, the device of this very join: give --ip another subnet, or add a route to 10\.10\.0\.99 through the real network$/m;
  assert.match(client.output, sentence);
  assert.equal(await linkState(lab, "a", "tap0"), null);
});

kernelTest("names the other port on both sides where two joins have one MAC", async (lab) => {
  await underlay(lab, ["a", "b"]);
  const server = await serve(lab);
  const mac = ["--mac", "02:00:00:00:00:0a"];
  await join(lab, "a", mac);
  const second = await join(lab, "b", mac);
  const sentence = /the MAC 02:00:00:00:00:0a is already that of port 'a': .*give one of them --mac/;
  await server.waitFor(sentence);
  await second.waitFor(sentence);
});

kernelTest("warns on both sides where --mtu is not the network's, and keeps it", async (lab) => {
  await underlay(lab, ["a", "b"]);
  const server = await serve(lab, "--mtu", "1400");
  const client = await join(lab, "a", ["--mtu", "9000"]);
  const sentence = /the device's MTU is 9000, the network's 1400: .*--mtu/;
  await server.waitFor(sentence);
  await client.waitFor(sentence);
  assert.equal((await linkState(lab, "a", "tap0"))!.mtu, 9000);
  const follower = await join(lab, "b");
  assert.equal((await linkState(lab, "b", "tap0"))!.mtu, 1400);
  assert.doesNotMatch(follower.output, /warning/);
});

kernelTest("takes the next free name where tap0 is in use, and says so where --dev is", async (lab) => {
  await underlay(lab, ["a"]);
  const server = await serve(lab);
  await join(lab, "a", ["--dev", "tap0"]);
  await join(lab, "a", ["--ip", "10.11.0.1/24"]);
  assert.ok(await linkState(lab, "a", "tap1"));
  const third = startJoin(lab, "a", ["--dev", "tap1"]);
  assert.equal((await third.exit).status, 4);
  assert.match(
    third.output,
    /^tapswitch: cannot open the TAP device tap1 \(EBUSY\): another process holds it/m,
  );
  assert.deepEqual(Object.keys((await tables(server)).ports), ["a", "a-2"]);
});

kernelTest("refuses an unknown network for good, with status 5", async (lab) => {
  await underlay(lab, ["a"]);
  await serve(lab);
  const client = startJoin(lab, "a", [], `${SERVER_URL}/green`);
  assert.equal((await client.exit).status, 5);
  assert.match(client.output, /^tapswitch: .*there is no network 'green' here/m);
});

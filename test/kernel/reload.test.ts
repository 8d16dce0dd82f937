import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { JOIN_RELOAD } from "../../src/daemon/reload/join-reload.js";
import { SERVE_RELOAD } from "../../src/daemon/reload/serve-reload.js";
import { kernelTest } from "../support/kernel.js";
import { PROGRAM, Site } from "../support/kernel-site.js";

/** Of 10,000 in all. */
const EACH = 5_000;
const LIVE = [
  "mtu",
  "carrierHold",
  "up",
  "down",
  "name",
  "logLevel",
  "listen",
  "attach",
  "maxPorts",
  "insecure",
];

kernelTest(
  "a reload under traffic loses none of 10,000 pings where nothing relevant changed",
  async (lab, t) => {
    const site = await Site.build(lab, t);
    const file = `${site.state("s")}.yaml`;
    const write = (round: number): void => writeFileSync(file, configuration(round));
    write(0);
    const server = await site.serve("--config", file);
    for (const [host, ip] of [
      ["a", "10.10.0.1/24"],
      ["b", "10.10.0.2/24"],
    ] as const)
      await site.join(host, await site.ask("invite", "--name", host), ip).waitFor(/joined/);
    assert.ok(await site.ping("a", "10.10.0.2"), "the first ping");

    const pings = [pinging(lab, "a", "10.10.0.2"), pinging(lab, "b", "10.10.0.1")];
    const done = Promise.all(pings.map((one) => one.exit)).then(() => true);
    let rounds = 0;
    while (!(await Promise.race([done, oneReload(site, server, write, ++rounds)])));
    const received = new RegExp(`${EACH} packets transmitted, ${EACH} received, 0% packet loss`);
    for (const { stdout } of pings) assert.match(stdout, received);
    assert.ok(rounds >= 10, `${rounds} reloads`);
    t.diagnostic(`${rounds} reloads; ${pings.map(({ stdout }) => /rtt.*/.exec(stdout)?.[0]).join("; ")}`);
  },
);

/** One each millisecond; both ways at once, to be done in half the time. */
function pinging(lab: Lab, from: string, to: string): Child {
  return lab.spawn(from, ["ping", "-q", "-i", "0.001", "-c", String(EACH), "-W", "2", to]);
}

/** Other networks and listeners come, go and change; that of the traffic stays as it is. */
function configuration(round: number): string {
  const odd = round % 2 === 1;
  return [
    "serve:",
    "  listen:",
    "    - tls://[::]:9621",
    `    - tcp://127.0.0.1:9700?network=${odd ? "red" : "default"}`,
    ...(odd ? [`    - tcp://127.0.0.1:${9701 + (round % 50)}`] : []),
    `  maxPorts: ${500 + round}`,
    `  age: ${300 + (round % 3)}`,
    `  macLimit: ${1000 + round}`,
    "  networks:",
    "    default:",
    `    red: {mtu: ${1400 + (round % 100)}}`,
    ...(odd ? ["    blue:"] : []),
  ].join("\n");
}

/** False, once it has been done and a little time has passed. */
async function oneReload(
  site: Site,
  server: Child,
  write: (round: number) => void,
  round: number,
): Promise<false> {
  write(round);
  // Both ways, in turn.
  const control = join(site.state("s"), "control.sock");
  const command = [process.execPath, PROGRAM, "reload", "--control", control];
  if (round % 5 === 0) await site.lab.run("s", command, { check: true });
  else process.kill(server.pid, "SIGHUP");
  await server.waitFor(new RegExp(`maxPorts: \\d+, now ${500 + round}\\b`));
  return false;
}

kernelTest("a running join takes over what it can, and names the rest", async (lab, t) => {
  const site = await Site.build(lab, t);
  const server = await site.serve();
  const invite = await site.ask("invite", "--name", "a");
  const file = `${site.state("a")}.yaml`;
  const write = (...lines: string[]): void => {
    writeFileSync(file, ["join:", `  server: ${invite}`, "  dev: tap0", ...lines].join("\n"));
    chmodSync(file, 0o600);
  };
  write("  ip: [10.10.0.1/24]", "  logFormat: human");
  const state = site.state("a");
  const joined = lab.tapswitch("a", "join", "--state", state, "--config", file);
  await joined.waitFor(/joined/);

  const out = `${state}.down`;
  write(
    "  ip: [10.10.0.9/24]",
    ...["  mtu: 1300", "  carrierHold: never", "  up: echo up", `  down: touch ${out}`],
    ...["  name: other", "  logLevel: debug", "  logFormat: human"],
    ...[`  listen: ["unix://${state}.sock"]`, "  attach: [tap:tap7]", "  maxPorts: 9", "  insecure: yes"],
  );
  process.kill(joined.pid, "SIGHUP");
  for (const option of LIVE) {
    assert.equal(JOIN_RELOAD[option as keyof typeof JOIN_RELOAD], "live");
    await joined.waitFor(new RegExp(`reloaded: ${option}: `));
  }
  assert.match((await lab.run("a", ["ip", "link", "show", "tap7"])).stdout, /LOWER_UP/, "the wire");
  await joined.waitFor(/needs a restart: ip/);
  await joined.waitFor(/joined[\s\S]*joined/);
  assert.match((await lab.run("a", ["ip", "link", "show", "tap0"])).stdout, /mtu 1300/);
  // Those of a network are tried on a server: test/daemon/reload.
  const own = Object.entries(JOIN_RELOAD).filter(([key, how]) => how === "live" && !(key in SERVE_RELOAD));
  for (const [option] of own) assert.ok(LIVE.includes(option), `${option} is live, and not tried above`);

  await server.stop();
  await joined.waitFor(/trying again/);
  assert.match((await lab.run("a", ["ip", "link", "show", "tap0"])).stdout, /LOWER_UP/, "the carrier stays");

  writeFileSync(file, "join:\n  mtu: big\n  colour: red\n");
  process.kill(joined.pid, "SIGHUP");
  await joined.waitFor(/not reloaded: .*:2:8: join\.mtu 'big'/);
  await joined.waitFor(/not reloaded: .*:3:3: join\.colour/);
  assert.doesNotMatch(
    joined.output,
    new RegExp(invite.slice(-20).replaceAll(".", "\\.")),
    "the code is not shown",
  );
  await joined.stop();
  assert.equal((await lab.run("a", ["test", "-e", out])).status, 0, "the new --down ran");
});

kernelTest("clients follow a network's MTU as it is reloaded, without a new session", async (lab, t) => {
  const site = await Site.build(lab, t);
  const file = `${site.state("s")}.yaml`;
  writeFileSync(file, "serve:\n  mtu: 1400\n");
  const server = await site.serve("--config", file);
  const joined = site.join("a", await site.ask("invite", "--name", "a"), "10.10.0.1/24");
  await joined.waitFor(/joined/);
  writeFileSync(file, "serve:\n  mtu: 1350\n");
  process.kill(server.pid, "SIGHUP");
  await server.waitFor(/reloaded: mtu: 1400, now 1350/);
  for (let look = 0; look < 100; look++) {
    if (/mtu 1350/.test((await lab.run("a", ["ip", "link", "show", "tap0"])).stdout)) return;
  }
  assert.fail("the device kept its MTU");
});

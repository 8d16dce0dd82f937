import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import { until } from "../support/kernel-network.js";

const SERVER = "10.9.0.1";
const PROGRAM = new URL("../../../bin/tapswitch.js", import.meta.url).pathname;
/** A ping's payload that no key exchange would make by chance. */
const PLAINTEXT = "746170737769746368"; // "tapswitch"

/** A switch host and three others, each with a state folder of its own. */
class Site {
  readonly lab: Lab;
  readonly #folder: string;

  constructor(lab: Lab, t: TestContext) {
    this.lab = lab;
    this.#folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
    chmodSync(this.#folder, 0o711); // some of its processes are not root
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  static async build(lab: Lab, t: TestContext): Promise<Site> {
    await lab.star("s", { s: `${SERVER}/24`, a: "10.9.0.2/24", b: "10.9.0.3/24", c: "10.9.0.4/24" });
    return new Site(lab, t);
  }

  state(host: string): string {
    return join(this.#folder, host);
  }

  async serve(...args: string[]): Promise<Child> {
    const server = this.lab.tapswitch(
      "s",
      "serve",
      "--state",
      this.state("s"),
      "--advertise",
      `${SERVER}:9621`,
      ...args,
    );
    await server.waitFor(/listening on tls:\/\/\[::\]:9621/);
    return server;
  }

  /** Runs a command of the switch host to its end. */
  async ask(...args: string[]): Promise<string> {
    const argv = [process.execPath, PROGRAM, ...args, "--state", this.state("s")];
    return (await this.lab.run("s", argv, { check: true })).stdout.trim();
  }

  join(host: string, url: string, ip: string, ...args: string[]): Child {
    return this.lab.tapswitch(
      host,
      "join",
      url,
      "--state",
      this.state(host),
      "--dev",
      "tap0",
      "--ip",
      ip,
      ...args,
    );
  }

  async ping(host: string, to: string): Promise<boolean> {
    const argv = ["ping", "-c", "1", "-W", "1", "-p", PLAINTEXT, to];
    return (await this.lab.run(host, argv)).status === 0;
  }
}

kernelTest("two hosts are invited, speak encrypted, and come back without the invite", async (lab, t) => {
  const site = await Site.build(lab, t);
  let server = await site.serve();
  const capture = lab.spawn("s", [
    "tcpdump",
    "-i",
    "br0",
    "-U",
    "-w",
    join(site.state("s"), "underlay.pcap"),
  ]);
  await capture.waitFor(/listening on br0/);
  const joins: Child[] = [];
  for (const [host, ip] of [
    ["a", "10.10.0.1/24"],
    ["b", "10.10.0.2/24"],
  ] as const) {
    const join = site.join(host, await site.ask("invite", "--name", host), ip);
    await join.waitFor(/joined/);
    joins.push(join);
  }
  assert.ok(await site.ping("a", "10.10.0.2"), "the first ping");
  await capture.stop();
  const wire = readFileSync(join(site.state("s"), "underlay.pcap"));
  assert.ok(wire.length > 1_000, "the capture saw the tunnel");
  assert.equal(wire.includes(Buffer.from(PLAINTEXT, "hex")), false, "plaintext on the underlay");

  for (const child of [...joins, server]) await child.stop();
  server = await site.serve();
  const back = ["a", "b"].map((host, index) =>
    site.join(host, `tls://${SERVER}:9621`, `10.10.0.${index + 1}/24`),
  );
  for (const child of back) await child.waitFor(/joined/);
  assert.ok(await site.ping("a", "10.10.0.2"), "the ping after the restart");
  assert.match(await site.ask("members"), /^a +key:\S{43} +default +now +10\.9\.0\.2:\d+$/m);
});

kernelTest("a revoked member's pings stop within 2 s, and those of the others lose none", async (lab, t) => {
  const site = await Site.build(lab, t);
  await site.serve();
  const joins: Record<string, Child> = {};
  for (const [index, host] of ["a", "b", "c"].entries()) {
    const child = site.join(host, await site.ask("invite", "--name", host), `10.10.0.${index + 1}/24`);
    await child.waitFor(/joined/);
    joins[host] = child;
  }
  const [steady, revoked] = ["a", "b"].map((host) =>
    lab.spawn(host, ["ping", "-D", "-i", "0.05", "10.10.0.3"]),
  );
  for (const ping of [steady!, revoked!]) await ping.waitFor(/icmp_seq=20 /);
  const asked = Date.now() / 1_000;
  await site.ask("revoke", "b");
  const done = Date.now() / 1_000;
  await joins["b"]!.waitFor(/revoked/, 2_000);
  const count = answers(steady!).length;
  await until(() => answers(steady!).length > count + 80, "answers for 4 s more");
  await Promise.all([steady!, revoked!].map((ping) => endOf(ping)));

  const last = answers(revoked!).at(-1)!.at;
  assert.ok(last < asked + 2, `the revoked member's last answer came ${last - asked} s after the command`);
  const seen = answers(steady!).filter(({ at }) => at > done + 2);
  assert.ok(seen.length >= 10, `only ${seen.length} answers after the 2 s`);
  const numbers = answers(steady!).map(({ number }) => number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  // The last one may have been under way.
  assert.ok(Number(/(\d+) packets transmitted/.exec(steady!.stdout)?.[1]) <= numbers.length + 1);
  assert.doesNotMatch(joins["a"]!.output + joins["c"]!.output, /trying again/);
  assert.deepEqual((await site.ask("members")).match(/^[abc] .* now /gm)?.length, 2);
});

/** The pings that were answered, and when, in seconds since 1970. */
function answers(ping: Child): { at: number; number: number }[] {
  return [...ping.stdout.matchAll(/^\[([\d.]+)\] .*icmp_seq=(\d+) ttl=/gm)].map(([, at, number]) => ({
    at: Number(at),
    number: Number(number),
  }));
}

/** Has a ping print its sum and end. */
async function endOf(ping: Child): Promise<void> {
  ping.signal("SIGINT");
  await ping.exit;
}

kernelTest(
  "an expired, used, altered or wrong-pin URL fails, each with its own sentence, and enrols nobody",
  async (lab, t) => {
    const site = await Site.build(lab, t);
    await site.serve();
    const used = await site.ask("invite");
    const first = site.join("a", used, "10.10.0.1/24");
    await first.waitFor(/joined/);
    await first.stop();
    const members = await site.ask("members", "--json");
    const expired = await site.ask("invite", "--expires", "1s");
    const good = await site.ask("invite");
    const foreign = (await site.ask("identity")).replace(/^./, (letter) => (letter === "A" ? "B" : "A"));
    await new Promise((wake) => setTimeout(wake, 1_000));
    const cases: [string, number, RegExp][] = [
      [used, 5, /has been used already/],
      [expired, 5, /expired at/],
      [good.replace(/.{4}$/, "AAAA"), 5, /does not know this invite/],
      [good.replace("code=", "cod="), 5, /cannot be read/],
      [good.replace(/pin=[^&]+/, `pin=${foreign}`), 6, /has the key .*nothing was sent/],
      [`tls://${SERVER}:9621`, 6, /nothing says which key/],
    ];
    for (const [url, status, sentence] of cases) {
      const child = site.join("b", url, "10.10.0.2/24");
      const exit = await child.exit;
      assert.equal(exit.status, status, child.output);
      assert.match(child.output, sentence);
      assert.doesNotMatch(child.output, /code=|pin=[A-Za-z0-9]/, "a secret in the output");
      rmSync(join(site.state("b"), "servers"), { recursive: true, force: true });
    }
    assert.equal(await site.ask("members", "--json"), members);
  },
);

kernelTest(
  "an invite comes through standard input or the environment, and a member's addresses are its own",
  async (lab, t) => {
    const site = await Site.build(lab, t);
    const server = await site.serve();
    const a = lab.spawn(
      "a",
      [
        process.execPath,
        PROGRAM,
        "join",
        "-",
        "--state",
        site.state("a"),
        "--dev",
        "tap0",
        "--ip",
        "10.10.0.1/24",
      ],
      {
        input: `${await site.ask("invite", "--name", "a", "--ip", "10.10.0.1")}\n`,
      },
    );
    const b = lab.spawn(
      "b",
      [
        process.execPath,
        PROGRAM,
        "join",
        "--state",
        site.state("b"),
        "--dev",
        "tap0",
        "--ip",
        "10.10.0.2/24",
      ],
      {
        env: { TAPSWITCH_URL: await site.ask("invite", "--name", "b") },
      },
    );
    await Promise.all([a.waitFor(/joined/), b.waitFor(/joined/)]);
    assert.ok(await site.ping("a", "10.10.0.2"));
    await lab.ip("a", "address", "add", "10.10.0.66/24", "dev", "tap0");
    const spoofed = await lab.run("a", ["ping", "-c", "2", "-W", "1", "-I", "10.10.0.66", "10.10.0.2"]);
    assert.notEqual(spoofed.status, 0, "a ping with another's address");
    await server.waitFor(/frames refused.*port=a.*reason=security.*address=10\.10\.0\.66/);
    assert.ok(await site.ping("a", "10.10.0.2"));
  },
);

kernelTest(
  "TLS 1.2 and a client without a certificate are refused by the process that runs",
  { needs: ["openssl"] },
  async (lab, t) => {
    const site = await Site.build(lab, t);
    await site.serve();
    const dial = (...args: string[]) =>
      lab.run("a", ["openssl", "s_client", "-connect", `${SERVER}:9621`, ...args], { input: "Q\n" });
    assert.match((await dial("-tls1_2")).stderr, /protocol version/);
    const shown = await dial("-tls1_3", "-ign_eof");
    assert.match(shown.stderr, /certificate required/);
    assert.match(shown.stdout, /TLSv1\.3/);
  },
);

kernelTest(
  "join runs without root once its device is open, enrols and reconnects; serve needs none at all",
  async (lab, t) => {
    const site = await Site.build(lab, t);
    await lab.run("s", ["install", "-d", "-o", "nobody", site.state("s")], { check: true });
    const serve = [
      "setpriv",
      "--reuid",
      "nobody",
      "--regid",
      "nogroup",
      "--clear-groups",
      process.execPath,
      PROGRAM,
    ];
    const start = async (): Promise<Child> => {
      const server = lab.spawn("s", [
        ...serve,
        "serve",
        "--state",
        site.state("s"),
        "--advertise",
        `${SERVER}:9621`,
      ]);
      await server.waitFor(/listening/);
      return server;
    };
    let server = await start();
    const joins: Child[] = [];
    for (const [host, ip] of [
      ["a", "10.10.0.1/24"],
      ["b", "10.10.0.2/24"],
    ] as const) {
      const child = site.join(host, await site.ask("invite"), ip, "--user", "nobody");
      await child.waitFor(/joined/);
      joins.push(child);
    }
    const status = readFileSync(`/proc/${joins[0]!.pid}/status`, "utf8");
    assert.match(status, /^Uid:\t(\d+)\t\1\t\1\t\1$/m);
    assert.doesNotMatch(status, /^Uid:\t0\t/m);
    assert.match(status, /^CapEff:\t0{16}$/m);
    assert.ok(await site.ping("a", "10.10.0.2"));
    await server.stop();
    server = await start();
    for (const child of joins) child.clear();
    await Promise.all(joins.map((child) => child.waitFor(/joined/, 15_000)));
    assert.ok(await site.ping("a", "10.10.0.2"), "the ping after the reconnect");
  },
);

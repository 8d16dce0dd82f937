import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Child } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import { until } from "../support/kernel-network.js";
import { PLAINTEXT, PROGRAM, SERVER, Site } from "../support/kernel-site.js";

kernelTest("two hosts are invited, speak encrypted, and come back without the invite", async (lab, t) => {
  const site = await Site.build(lab, t);
  let server = await site.serve();
  const file = join(site.state("s"), "underlay.pcap");
  const capture = lab.spawn("s", ["tcpdump", "-i", "br0", "-U", "--immediate-mode", "-w", file]);
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
  await until(() => statSync(file).size > 1_000, "the capture to have seen the tunnel");
  await capture.stop();
  const wire = readFileSync(file);
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
      [good.replace("code=", "cod="), 2, /cannot be read/],
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

/** Addresses by DHCP with real clients and servers: a rogue gets nobody, the built-in server serves, a spoofer is refused. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import type { BindingView, LeaseView } from "../../src/control/guard-api.js";
import { kernelTest } from "../support/kernel.js";
import { READABLE, SERVER_URL, serve, underlay, until } from "../support/kernel-network.js";
import { temporaryFolder } from "../support/server.js";

const NEEDS = { needs: ["dnsmasq", "udhcpc", "busybox"] };

/** What udhcpc runs when it has a lease. */
const SCRIPT = '#!/bin/sh\n[ "$1" = bound ] && ip addr replace "$ip/$mask" dev "$interface"\nexit 0\n';

class Site {
  readonly lab: Lab;
  readonly folder: string;

  constructor(lab: Lab, t: TestContext) {
    this.lab = lab;
    this.folder = temporaryFolder(t);
    writeFileSync(join(this.folder, "bound"), SCRIPT);
    chmodSync(join(this.folder, "bound"), 0o755);
  }

  /** The server on host s, and a device t0 without an address on each of `hosts`; `others` join later. */
  async build(yaml: string, hosts: readonly string[], others: readonly string[] = []): Promise<Child> {
    await underlay(this.lab, [...hosts, ...others]);
    const server = await this.serve(yaml);
    for (const host of hosts) await this.join(host);
    return server;
  }

  serve(yaml: string): Promise<Child> {
    const config = join(this.folder, "tapswitch.yaml");
    writeFileSync(config, `serve:\n${yaml}`);
    return serve(this.lab, "--config", config, "--state", join(this.folder, "state"));
  }

  async join(host: string, ...options: string[]): Promise<Child> {
    const own = [...READABLE, "--name", host, "--dev", "t0", ...options];
    const child = this.lab.tapswitch(host, "join", SERVER_URL, ...own);
    await child.waitFor(/joined/, 30_000);
    return child;
  }

  /** A dnsmasq on the host, which gives 50 to 60 of its own /24. */
  async dnsmasq(host: string, address: string): Promise<Child> {
    const { lab, folder } = this;
    await lab.ip(host, "addr", "add", `${address}/24`, "dev", "t0");
    const net = address.replace(/\.\d+$/, "");
    const own = [
      "--conf-file=/dev/null",
      "--port=0",
      `--dhcp-leasefile=${folder}/${host}.leases`,
      "--pid-file=",
    ];
    const range = [`--dhcp-range=${net}.50,${net}.60,1h`, "--dhcp-authoritative", "--no-ping", "--log-dhcp"];
    const child = lab.spawn(host, [
      "dnsmasq",
      "--no-daemon",
      "--interface=t0",
      "--bind-interfaces",
      ...own,
      ...range,
    ]);
    await child.waitFor(/DHCP, IP range/, 30_000);
    return child;
  }

  /** The address that a real client gets, or null. */
  async udhcpc(host: string, ...options: string[]): Promise<string | null> {
    const script = join(this.folder, "bound");
    const argv = ["udhcpc", "-f", "-q", "-n", "-t", "4", "-T", "2", "-i", "t0", "-s", script, ...options];
    const { stdout, stderr } = await this.lab.run(host, argv);
    return /lease of (\S+) obtained/.exec(stdout + stderr)?.[1] ?? null;
  }

  async ask<View>(command: string): Promise<View[]> {
    const control = join(this.folder, "state", "control.sock");
    const { stdout } = await this.lab.run("s", [
      process.execPath,
      new URL("../../../bin/tapswitch.js", import.meta.url).pathname,
      ...[command, "--control", control, "--json"],
    ]);
    return JSON.parse(stdout) as View[];
  }
}

kernelTest(
  "a rogue DHCP server gets no client, a trusted one does, and nobody spoofs its lease",
  NEEDS,
  async (lab, t) => {
    const site = new Site(lab, t);
    const yaml = "  addressGuard: strict\n  ports: {a: {trusted: yes}}\n";
    const server = await site.build(yaml, ["a", "b", "c"]);
    const rogue = await site.dnsmasq("b", "10.66.0.1");
    assert.equal(await site.udhcpc("c"), null);
    const trusted = await site.dnsmasq("a", "10.20.0.1");
    const given = await site.udhcpc("c");
    assert.match(given ?? "none", /^10\.20\.0\.\d+$/);
    assert.match(rogue.output, /DHCPDISCOVER/, "the rogue did hear the question");
    assert.match(rogue.output, /DHCPOFFER/, "and answered it");
    assert.match(server.output, /frames refused.*|refused/);
    assert.match(trusted.output, /DHCPACK/);
    const bindings = await site.ask<BindingView>("bindings");
    assert.deepEqual(
      bindings.filter(({ origin }) => origin === "dhcp").map(({ address, port }) => [address, port]),
      [[given, "c"]],
    );
    await lab.run("a", ["ping", "-c", "2", "-W", "10", given!]);
    const neighbour = async (): Promise<string> =>
      /lladdr (\S+)/.exec(await lab.ip("a", "neigh", "show", given!))?.[1] ?? "";
    const before = await neighbour();
    assert.notEqual(before, "");
    await lab.ip("b", "addr", "add", `${given}/32`, "dev", "t0");
    await lab.run("b", ["busybox", "arping", "-U", "-c", "3", "-I", "t0", given!]);
    assert.equal(await neighbour(), before, "the spoofed announcement went nowhere");
    await until(async () => {
      const ports = await site.ask<{ name: string; drops: { security: number } }>("ports");
      return ports.find(({ name }) => name === "b")!.drops.security >= 4;
    }, "refusals at the rogue's port");
  },
);

kernelTest(
  "the built-in server gives leases to real clients, keeps them, and no rogue is heard",
  NEEDS,
  async (lab, t) => {
    const site = new Site(lab, t);
    const yaml =
      "  dhcp: {subnet: 10.20.0.0/24, pool: 10.20.0.100-10.20.0.199, router: [10.20.0.1], static: {a: 10.20.0.7}}\n";
    let server = await site.build(yaml, ["a", "b", "c"], ["d"]);
    const rogue = await site.dnsmasq("b", "10.66.0.1");
    assert.equal(await site.udhcpc("a"), "10.20.0.7");
    const given = await site.udhcpc("c");
    assert.match(given ?? "none", /^10\.20\.0\.1\d\d$/);
    await lab.run("a", ["ping", "-c", "2", "-W", "10", given!], { check: true });
    assert.doesNotMatch(rogue.output, /DHCPDISCOVER/, "the question goes no further than the server");
    const leases = await site.ask<LeaseView>("leases");
    assert.deepEqual(
      new Map(leases.map(({ port, address }) => [port, address])),
      new Map([
        ["a", "10.20.0.7"],
        ["c", given!],
      ]),
    );
    const auto = await site.join("d", "--ip", "auto");
    await auto.waitFor(/address by DHCP from 10\.20\.0\.254/, 30_000);
    const [, own] = /inet (10\.20\.0\.1\d\d)\/24/.exec(await lab.ip("d", "addr", "show", "t0"))!;
    await lab.run("a", ["ping", "-c", "2", "-W", "10", own!], { check: true });
    await server.stop();
    server = await site.serve(yaml);
    await until(() => (server.output.match(/port up/g) ?? []).length >= 4, "the joins to come back");
    assert.equal(await site.udhcpc("c", "-r", given!), given);
    assert.equal((await site.ask<LeaseView>("leases")).length, 3);
    assert.match(await lab.ip("d", "addr", "show", "t0"), new RegExp(`inet ${own}/24`));
  },
);

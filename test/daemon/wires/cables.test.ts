/** Wires to programs, to VDE and by datagrams, as a server has them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parseEndpoint } from "../../../src/config/endpoint/endpoint.js";
import type { WireView } from "../../../src/control/wire-api.js";
import { passtArguments } from "../../../src/daemon/wires/passt-wire.js";
import { unixAddress } from "../../../src/native/socket-address.js";
import { packageFile } from "../../../src/package-file.js";
import { eventually } from "../../support/clock.js";
import { DatagramPeer } from "../../support/datagram-peer.js";
import { frame, mac, split } from "../../support/peers.js";
import { refusalOf, TestServer, temporaryFolder } from "../../support/server.js";
import { VdePeer } from "../../support/vde-peer.js";

async function wiresOf({ server }: TestServer): Promise<readonly WireView[]> {
  return [...((await server.desk.api.calls.wires!({})) as Iterable<WireView>)];
}

describe("a listening VDE folder", () => {
  test("gives its clients ports that are named after their numbers, and forwards between them", async (t) => {
    const root = temporaryFolder(t);
    const one = await TestServer.start(t, { listen: [`vde://${root}/vde?mac-limit=2`] });
    const [a, b] = [await plug(t, root, "a", 0), await plug(t, root, "b", 9)];
    assert.deepEqual(
      one.ports().map(({ name, kind }) => [name, kind]),
      [
        ["vde1", "vde"],
        ["vde9", "vde"],
      ],
    );
    a.data.send(frame({ from: mac(1) }));
    await eventually(() => b.data.frames.length === 1, "the frame");
    b.vanish();
    await eventually(() => one.ports().length === 1, "the port to go");
    await one.server.stop();
    assert.equal(existsSync(`${root}/vde`), false);
  });

  test("keeps to --max-ports, and the rest goes on", async (t) => {
    const root = temporaryFolder(t);
    const one = await TestServer.start(t, {
      listen: [`vde://${root}/vde`, `unixgram://${root}/vms`],
      maxPorts: 1,
    });
    await plug(t, root, "a", 0);
    assert.ok((await plug(t, root, "b", 0)).closed);
    const peer = DatagramPeer.bind(join(root, "c"));
    t.after(() => peer.vanish());
    peer.sendTo(unixAddress(`${root}/vms`));
    peer.send(frame());
    await eventually(() => one.warnings().some((line) => line.includes("--max-ports")), "a warning");
    assert.equal(one.ports().length, 1);
  });

  async function plug(t: TestContext, root: string, name: string, port: number): Promise<VdePeer> {
    const peer = await VdePeer.plug(`${root}/vde`, join(root, name), { port });
    t.after(() => peer.vanish());
    return peer;
  }
});

describe("a listening path for datagrams", () => {
  test("is a port for each peer, which ends within seconds of it", async (t) => {
    const root = temporaryFolder(t);
    const one = await TestServer.start(t, { listen: [`unixgram://${root}/vms?vlan=10&name=vm`] });
    const peers = ["a", "b"].map((name) => DatagramPeer.bind(join(root, name)));
    t.after(() => {
      for (const peer of peers) peer.vanish();
    });
    for (const [index, peer] of peers.entries()) {
      peer.sendTo(unixAddress(`${root}/vms`));
      peer.send(frame({ from: mac(index + 1) }));
      await eventually(() => one.ports().length === index + 1, "the port");
    }
    peers[1]!.send(frame({ to: mac(1), from: mac(2) }));
    await eventually(
      () => peers[0]!.frames.some((got) => got.equals(frame({ to: mac(1), from: mac(2) }))),
      "it",
    );
    assert.deepEqual([one.ports()[0]!.name, one.ports()[0]!.vlan], ["vm", 10]);
    peers[0]!.vanish();
    await eventually(() => one.ports().length === 1, "the port to go");
  });
});

describe("an exec: wire", () => {
  test("is started again when it ends, and keeps its port; its words are in the log", async (t) => {
    const one = await TestServer.start(t, { attach: ["exec:echo 'hello%3F' >&2?name=cable"] });
    await eventually(
      () => one.said.filter((line) => line === "exec echo: hello?").length >= 2,
      "two greetings",
    );
    const [view] = await wiresOf(one);
    assert.match(view!.lastError!, /has ended \(status 0\): hello\?/);
    assert.deepEqual(
      one.ports().map(({ name }) => name),
      ["cable"],
    );
  });

  test("carries frames, and ends with the server", async (t) => {
    const one = await TestServer.start(t, { attach: ["exec:cat"] });
    const host = await one.join();
    host.send(frame({ from: mac(1) }));
    await host.gotFrames(1);
    assert.deepEqual(host.frames, [frame({ from: mac(1) })], "by the cable and back");
    await one.server.stop();
  });
});

describe("a passt: wire", () => {
  test("tells passt the network's MTU, and gives a repeated option once for each value", () => {
    const read = (text: string) => parseEndpoint(text, "attach");
    const endpoint = read("passt:?tcp-ports=22+80&dns=192.0.2.1+192.0.2.2&search=a.example+b.example");
    assert.ok(endpoint.kind === "passt");
    assert.deepEqual(passtArguments(endpoint, 1_400), [
      ...[
        "--mtu",
        "1400",
        "--tcp-ports",
        "22",
        "--tcp-ports",
        "80",
        "--dns",
        "192.0.2.1",
        "--dns",
        "192.0.2.2",
      ],
      ...["--search", "a.example b.example"],
    ]);
  });

  test("is one of its network", async () => {
    const { message } = await refusalOf({ attach: ["passt:", "passt:/default"] });
    assert.match(message, /passt:\/default is attached by attach\[0\] already/);
  });

  test("that is attached by hand names the package it lacks, and is refused where there is one already", async (t) => {
    const folder = temporaryFolder(t);
    const path = process.env["PATH"];
    t.after(() => {
      process.env["PATH"] = path;
    });
    const one = await TestServer.start(t);
    const attach = (url: string): Promise<unknown> =>
      one.server.desk.api.calls.attach!({ url }) as Promise<unknown>;
    process.env["PATH"] = folder;
    await assert.rejects(attach("passt:"), { code: "missing", message: /apt install passt/ });
    assert.deepEqual(await wiresOf(one), []);
    writeFileSync(`${folder}/passt`, "#!/bin/sh\nexec /bin/sleep 1000\n", { mode: 0o755 });
    await attach("passt:");
    await assert.rejects(attach("passt:/default"), {
      code: "in-use",
      message: /has its passt already: it takes one/,
    });
    assert.equal((await wiresOf(one)).length, 1);
  });
});

describe("stdio:", () => {
  const PROGRAM = packageFile("bin/tapswitch.js");

  test("is the cable of whoever started the process, nothing else is written there, and its end is the process's", async (t) => {
    const folder = temporaryFolder(t);
    const args = ["serve", "--log-format", "human", "--listen", `unix://${folder}/s`, "--attach", "stdio:"];
    const child = spawn(process.execPath, [PROGRAM, ...args, "--state", folder], { stdio: "pipe" });
    t.after(() => child.kill("SIGKILL"));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    let [out, log] = [Buffer.alloc(0), ""];
    child.stdout.on("data", (bytes: Buffer) => {
      out = Buffer.concat([out, bytes]);
    });
    child.stderr.on("data", (bytes: Buffer) => {
      log += bytes.toString();
    });
    await eventually(
      () => log.includes("port up"),
      () => `its port: ${log}`,
      30_000,
    );
    child.kill("SIGUSR1");
    await eventually(
      () => log.includes("network default: 1 ports"),
      () => `its tables: ${log}`,
    );
    child.stdin.write(Buffer.concat([Buffer.of(0, 0, 0, 60), frame({ from: mac(3) })]));
    await eventually(
      () => child.kill("SIGUSR1") && log.includes(mac(3)),
      () => `the address: ${log}`,
    );
    assert.deepEqual(split(out).rest.length, 0);
    assert.equal(out.toString("latin1").includes("network default"), false);
    child.stdin.end();
    assert.equal(await ended, 0);
    assert.equal(existsSync(`${folder}/s`), false, "in order");
  });

  test("is refused where standard input is no cable", async (t) => {
    const folder = temporaryFolder(t);
    const args = ["serve", "--listen", `unix://${folder}/s`, "--attach", "stdio:", "--state", folder];
    const nothing = openSync("/dev/null", "r");
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: [nothing, "pipe", "pipe"] });
    let said = "";
    child.stderr!.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    const status = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(status, 2);
    assert.match(said, /standard input is no pipe or socket/);
  });
});

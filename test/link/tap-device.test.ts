import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { Worker } from "node:worker_threads";
import { TapswitchError } from "../../src/errors.js";
import { Offload } from "../../src/frame/offload.js";
import { leaveBridge, routeInterface } from "../../src/native/interface.js";
import { native } from "../../src/native/native.js";
import { ip, kernelTests } from "../native/namespace.js";
import { openTap, releaseTaps } from "../native/taps.js";

const fails = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof TapswitchError && error.code === code && pattern.test(error.message);
const exists = (name: string) => native().getInterface(name) !== null;
const moduleUrl = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Runs a script in a process of its own, which has TapDevice and becomes the user nobody; returns what it prints. */
function asNobody(script: string): string {
  const source = `
    import { TapDevice } from ${moduleUrl("../../src/link/tap-device.js")};
    import { native } from ${moduleUrl("../../src/native/native.js")};
    native();
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    const attempt = (options) => {
      try { return TapDevice.open(options); } catch (error) { console.log(error.code, error.message); }
    };
    ${script}`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
  assert.equal(child.status, 0, child.stderr);
  return child.stdout;
}

kernelTests(import.meta.url, () => {
  afterEach(releaseTaps);

  test("makes a device as it is asked to, and takes it away on release", () => {
    const tap = openTap({
      name: "tap9",
      mac: "02-00-00-AB-CD-EF",
      mtu: 9000,
      addresses: ["10.1.0.1/24", "fd00:0:0:0::1/64", "10.1.0.1/24"],
      txQueueLength: 77,
    });
    assert.equal(tap.name, "tap9");
    assert.equal(tap.mac, "02:00:00:ab:cd:ef");
    assert.equal(tap.mtu, 9000);
    assert.equal(tap.ipv4, "10.1.0.1/24");
    assert.equal(tap.ipv6, "fd00::1/64");
    assert.equal(tap.isUp, true);
    assert.equal(native().getInterface("tap9")?.txQueueLength, 77);
    assert.match(
      ip("addr show dev tap9"),
      /inet 10.1.0.1\/24 brd 10.1.0.255[\s\S]*inet6 fd00::1\/64 scope global nodad/,
    );
    assert.equal(routeInterface("10.1.0.77"), "tap9");
    assert.equal(routeInterface("::ffff:10.1.0.77"), "tap9");
    assert.equal(routeInterface("fd00::77"), "tap9");
    assert.equal(routeInterface("fe80::1%tap9"), "tap9");
    assert.equal(routeInterface("192.0.2.1"), null);
    tap.release();
    tap.release();
    assert.equal(exists("tap9"), false);
  });

  test("its properties can be set", () => {
    const tap = openTap();
    tap.mtu = 1400;
    tap.mac = "02:00:00:00:00:07";
    tap.ipv4 = "10.2.0.1/30";
    tap.ipv6 = "fd02::1/112";
    assert.deepEqual(
      [tap.mtu, tap.mac, tap.ipv4, tap.ipv6],
      [1400, "02:00:00:00:00:07", "10.2.0.1/30", "fd02::1/112"],
    );
    tap.isUp = false;
    assert.equal(tap.isUp, false);
    tap.release();
  });

  test("takes tap0, then the next free number, unless a name is given", () => {
    ip("link add tap1 type bridge");
    const taps = [openTap(), openTap(), openTap({ name: "vm%d" })];
    assert.deepEqual(
      taps.map((tap) => tap.name),
      ["tap0", "tap2", "vm0"],
    );
    assert.throws(() => openTap({ name: "tap0" }), fails("device-busy", /tap0 \(EBUSY\): another process/));
    assert.throws(() => openTap({ name: "tap1" }), fails("usage", /tap1 \(EINVAL\): .*no TAP device/));
    for (const tap of taps) tap.release();
    ip("link del tap1");
  });

  test("refuses wrong values, and leaves nothing behind", () => {
    assert.throws(() => openTap({ name: "a/b" }), fails("usage", /'a\/b' is no device name/));
    assert.throws(() => openTap({ addresses: ["10.0.0.1"] }), fails("usage", /'10.0.0.1' is no address/));
    assert.throws(() => openTap({ addresses: ["10.0.0.1/33"] }), fails("usage", /prefix length/));
    assert.throws(() => openTap({ mac: "02:00" }), fails("usage", /no MAC address/));
    assert.throws(() => openTap({ mac: "01:00:00:00:00:00" }), fails("usage", /EADDRNOTAVAIL/));
    assert.throws(() => openTap({ mtu: 65_522 }), fails("usage", /MTU of tap0 to 65522/));
    assert.throws(() => openTap({ bridge: "br9" }), fails("missing", /bridge br9 does not exist/));
    ip("link add veth9 type veth peer name veth8");
    assert.throws(() => openTap({ bridge: "veth9" }), fails("usage", /tap0 a port of veth9 \(EOPNOTSUPP\)/));
    assert.throws(
      () => openTap({ mtu: 1200, addresses: ["fd00::1/64"] }),
      fails("usage", /IPv6 needs an MTU of 1280/),
    );
    assert.equal(exists("tap0"), false);
    ip("link del veth9");
  });

  test("says so where IPv6 is switched off", () => {
    const tap = openTap();
    writeFileSync(`/proc/sys/net/ipv6/conf/${tap.name}/disable_ipv6`, "1");
    assert.throws(
      () => {
        tap.ipv6 = "fd00::1/64";
      },
      fails("usage", /EACCES\): sysctl net.ipv6.conf.tap0.disable_ipv6=0/),
    );
    tap.release();
  });

  test("joins a bridge and leaves it", () => {
    ip("link add br0 type bridge");
    const tap = openTap({ bridge: "br0" });
    assert.equal(native().getInterface(tap.name)?.master, native().getInterface("br0")?.index);
    leaveBridge(tap.name);
    assert.equal(native().getInterface(tap.name)?.master, 0);
    tap.release();
  });

  test("plugs the cable in and out", () => {
    const tap = openTap({ carrier: false });
    const carrier = () => !ip(`link show dev ${tap.name}`).includes("NO-CARRIER");
    assert.equal(carrier(), false);
    assert.equal(tap.carrier(true), true);
    assert.equal(carrier(), true);
    tap.carrier(false);
    assert.equal(carrier(), false);
    tap.release();
  });

  test("a persistent device stays and can be opened again", () => {
    openTap({ name: "tap5", persist: true, mtu: 1400 }).release();
    assert.equal(exists("tap5"), true);
    const again = openTap({ name: "tap5", txQueueLength: 5 });
    assert.equal(again.mtu, 1400);
    assert.notEqual(native().getInterface("tap5")?.txQueueLength, 5);
    again.release();
    ip("link del tap5");
  });

  test("takes every offload that this kernel knows, and hands over none until it is told to", () => {
    const features = (name: string) =>
      [
        ...execFileSync("ethtool", ["-k", name], { encoding: "utf8" }).matchAll(
          /^\s*(tx-(?:tcp|udp|check)\S*): on/gm,
        ),
      ]
        .map((match) => match[1])
        .sort();
    const plain = openTap({ offload: false });
    assert.equal(plain.takes, 0);
    plain.release();
    const tap = openTap();
    assert.equal(tap.takes & ~Offload.uso, Offload.csum | Offload.tso4 | Offload.tso6 | Offload.ecn);
    assert.deepEqual(features(tap.name), []);
    tap.setOffload(tap.takes);
    const all = features(tap.name);
    assert.ok(all.includes("tx-tcp-segmentation") && all.includes("tx-checksum-ip-generic"), String(all));
    tap.setOffload(Offload.tso4);
    assert.deepEqual(features(tap.name), [], "segmentation without checksum is nothing");
    for (let mask = 0; mask < 0x80; mask++) {
      const checksum = mask & Offload.csum ? ["tx-checksum-ip-generic", "tx-checksumming"] : [];
      tap.setOffload(mask);
      if ((mask & (Offload.tso4 | Offload.tso6)) === 0 && (mask & Offload.uso) !== Offload.uso) {
        assert.deepEqual(features(tap.name), checksum, `0x${mask.toString(16)}`);
      }
    }
    tap.release();
  });

  test("a device deleted by somebody is a device-gone", () => {
    const tap = openTap();
    ip(`link del ${tap.name}`);
    const gone = fails("device-gone", /tap0/);
    assert.throws(() => tap.read(Buffer.alloc(70_000), 0), gone);
    assert.throws(() => tap.write(Buffer.from(`0000000e${"02".repeat(14)}`, "hex"), 0, 18), gone);
    assert.throws(() => tap.mtu, gone);
    assert.throws(() => tap.carrier(true), gone);
    assert.throws(() => tap.setOffload(1), gone);
    tap.release();
  });

  test("an unprivileged user can use a device that root has made", () => {
    ip("tuntap add dev tap7 mode tap user nobody");
    ip("link set dev tap7 up mtu 1450");
    ip("addr add 10.7.0.1/24 dev tap7");
    const printed = asNobody(`
      const tap = attempt({
        name: "tap7", mtu: 1450, addresses: ["10.7.0.1/24"], mac: "02:00:00:00:00:77", carrier: false, txQueueLength: 9,
      });
      console.log(tap.name, tap.mac, tap.mtu, tap.ipv4, tap.takes & 1);
      tap.release();
    `);
    assert.equal(printed, "tap7 02:00:00:00:00:77 1450 10.7.0.1/24 1\n");
    assert.equal(exists("tap7"), true);
    ip("link del tap7");
  });

  test("an unprivileged user is told which setting needs which command", () => {
    ip("tuntap add dev tap7 mode tap user nobody");
    ip("tuntap add dev tap8 mode tap user root");
    ip("link add br7 type bridge");
    const printed = asNobody(`
      attempt({ name: "tap7" });
      attempt({ name: "tap7", mtu: 1400 });
      attempt({ name: "tap7", bridge: "br7" });
      attempt({ name: "tap8" });
      attempt({ name: "tap9" });
      attempt();
    `);
    const lines = printed.trim().split("\n");
    const ends = [
      "cannot bring tap7 up (EPERM): run as root, or as root once: ip link set dev tap7 up",
      "cannot set the MTU of tap7 to 1400 (EPERM): run as root, or as root once: ip link set dev tap7 mtu 1400",
      "cannot make tap7 a port of br7 (EPERM): run as root, or as root once: ip link set dev tap7 master br7",
      "cannot open the TAP device tap8 (EPERM): it belongs to another user: run as root, or as root: ip link del tap8 && ip tuntap add dev tap8 mode tap user $USER",
      "cannot open the TAP device tap9 (EPERM): run as root, or as root once: ip tuntap add dev tap9 mode tap user $USER",
      "cannot open the TAP device tap0 (EPERM): run as root, or as root once: ip tuntap add dev tap0 mode tap user $USER",
    ];
    assert.deepEqual(
      lines,
      ends.map((end) => `no-permission ${end}`),
    );
    for (const name of ["tap7", "tap8", "br7"]) ip(`link del ${name}`);
  });

  test("a worker that ends without releasing leaves no device behind", async () => {
    const script = `
      const { parentPort } = require("node:worker_threads");
      import(${moduleUrl("../../src/link/tap-device.js")}).then(({ TapDevice }) => {
        const tap = TapDevice.open();
        tap.watch(() => undefined).start();
        parentPort.postMessage(tap.name);
      });
    `;
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(script, { eval: true });
      const exited = new Promise((resolve) => worker.once("exit", resolve));
      const name = await new Promise((resolve) => worker.once("message", resolve));
      assert.equal(name, "tap0");
      await worker.terminate();
      await exited;
      assert.equal(exists("tap0"), false);
    }
  });

  test("counts what the kernel dropped because nobody read", () => {
    const tap = openTap({ addresses: ["10.3.0.1/24"], txQueueLength: 10 });
    ip(`neigh add 10.3.0.2 lladdr 02:00:00:00:00:02 dev ${tap.name}`);
    const before = tap.txDropped();
    spawnSync("ping", ["-c", "50", "-i", "0.002", "-W", "1", "10.3.0.2"]);
    assert.ok(tap.txDropped() - before >= 30, String(tap.txDropped()));
    tap.release();
  });

  test("leaves no descriptor open", () => {
    const open = () => readdirSync("/proc/self/fd").length;
    openTap().release();
    const before = open();
    for (let i = 0; i < 5; i++) {
      openTap().release();
      assert.throws(() => openTap({ bridge: "br9" }));
    }
    assert.equal(open(), before);
  });
});

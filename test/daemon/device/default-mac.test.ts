import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaultMac } from "../../../src/daemon/device/default-mac.js";
import { temporaryFolder } from "../../support/server.js";

const MODULE = new URL("../../../src/daemon/device/default-mac.js", import.meta.url).href;

test("is a locally administered address of one station, and the same each time", () => {
  const address = defaultMac("tap0", "default", "host");
  assert.match(address, /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
  assert.equal(defaultMac("tap0", "default", "host"), address);
});

test("differs by device, network and name", () => {
  const all = [
    defaultMac("tap0", "default", "host"),
    defaultMac("tap1", "default", "host"),
    defaultMac("tap0", "blue", "host"),
    defaultMac("tap0", "default", "other"),
    // The parts must not run into each other.
    defaultMac("tap0b", "lue", "host"),
    defaultMac("tap", "0default", "host"),
  ];
  assert.equal(new Set(all).size, all.length);
});

test("differs by network namespace, on one machine", () => {
  assert.notEqual(elsewhere(["--net"]), defaultMac("tap0", "default", "host"));
});

test("differs by machine-id, as on two machines that are no clones", (t) => {
  const file = join(temporaryFolder(t), "machine-id");
  writeFileSync(file, "00112233445566778899aabbccddeeff\n");
  const other = elsewhere(["--mount"], `mount --bind ${file} /etc/machine-id && `);
  assert.notEqual(other, defaultMac("tap0", "default", "host"));
});

test("differs by host name where the machine-id is empty, as in a fresh image", () => {
  const named = (name: string): string =>
    elsewhere(
      ["--mount", "--uts"],
      `mount --bind /dev/null /etc/machine-id && echo ${name} > /proc/sys/kernel/hostname && `,
    );
  assert.notEqual(named("one"), named("two"));
});

/** The default MAC as a process of other namespaces has it. */
function elsewhere(namespaces: string[], before = ""): string {
  const script = `import(${JSON.stringify(MODULE)}).then((m) => process.stdout.write(m.defaultMac("tap0", "default", "host")))`;
  const asRoot = process.getuid!() === 0 ? [] : ["--map-root-user"];
  const command = `${before}exec "$0" -e '${script}'`;
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    [...asRoot, ...namespaces, "sh", "-c", command, process.execPath],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`cannot make namespaces here: ${stderr}`);
  assert.match(stdout, /^[0-9a-f:]{17}$/);
  return stdout;
}

/** examples/v86.html as written, in a real browser: its guest's network device becomes a port. */
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage } from "../support/browser.js";
import { kernelTest } from "../support/kernel.js";
import { serve, tables, underlay, until } from "../support/kernel-network.js";
import { temporaryFolder } from "../support/server.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGE = "http://127.0.0.1:8000/v86.html";

const MAC = "02:00:00:00:08:87";
/** Has v86's network device do what it does when a guest sends a frame. */
const SEND = `emulator.network_adapter.send(Uint8Array.from([${[
  ...[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 8, 0x87, 0x88, 0xb5],
  ...Array<number>(46).fill(1),
]}]))`;

/** Where the page finds each of the files that it names. */
const FILES: Readonly<Record<string, string>> = {
  "v86.html": "examples/v86.html",
  "v86.js": "examples/v86.js",
  "libv86.js": "node_modules/v86/build/libv86.js",
  "v86.wasm": "node_modules/v86/build/v86.wasm",
};

kernelTest(
  "the page of examples/v86.html gives its guest a port on the switch",
  { needs: ["chromium", "busybox"] },
  async (lab, t) => {
    const folder = temporaryFolder(t);
    for (const [name, file] of Object.entries(FILES)) copyFileSync(join(ROOT, file), join(folder, name));
    // Nothing has to boot: the test has the device send.
    for (const name of ["bios.bin", "vgabios.bin", "vmlinuz", "initrd.gz"])
      writeFileSync(join(folder, name), Buffer.alloc(65_536));
    await underlay(lab, ["a"]);
    const server = await serve(lab, "--listen", "ws://127.0.0.1:9622?name=guest");
    lab.spawn("s", ["busybox", "httpd", "-f", "-p", "127.0.0.1:8000", "-h", folder]);
    await until(async () => {
      const { status } = await lab.run("s", ["busybox", "wget", "-q", "-O", "/dev/null", PAGE]);
      return status === 0;
    }, "the page");
    const { page, wrongs, close } = await openPage(lab, "s", PAGE);
    try {
      await page.locator("button").click();
      await page.locator("output", { hasText: "running" }).waitFor();
      await page.evaluate(SEND);
      const learned = async (): Promise<boolean> => (await tables(server)).macs[MAC] === "guest";
      await until(learned, () => `the frame; ${wrongs.join("; ")}`);
      const policy = wrongs.filter((wrong) => /Content.Security.Policy|^script:/.test(wrong));
      assert.deepEqual(policy, []);
    } finally {
      await close();
    }
  },
);

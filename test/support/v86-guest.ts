/**
 * Runs a guest in v86, the emulator that people have in their browsers: `node v86-guest.js KERNEL INITRD RELAY MAC
 * COMMAND-LINE`. What the guest prints is printed. Node 20 has no WebSocket of its own, so it gets one.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { V86 } from "v86";
import { WebSocket } from "ws";

const BIOS = "/usr/share/seabios";
const [kernel, initrd, relay, mac, cmdline] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];

Object.assign(globalThis, { WebSocket });

function image(path: string): { buffer: ArrayBuffer } {
  return { buffer: new Uint8Array(readFileSync(path)).buffer };
}

const emulator = new V86({
  wasm_path: fileURLToPath(new URL("v86.wasm", import.meta.resolve("v86"))),
  bios: image(`${BIOS}/bios.bin`),
  vga_bios: image(`${BIOS}/vgabios-stdvga.bin`),
  bzimage: image(kernel),
  initrd: image(initrd),
  cmdline: `${cmdline} tsc=reliable mitigations=off random.trust_cpu=on guest_mac=${mac}`,
  memory_size: 128 * 1_048_576,
  vga_memory_size: 2 * 1_048_576,
  autostart: true,
  disable_speaker: true,
  net_device: { type: "virtio", relay_url: relay },
});
emulator.add_listener("serial0-output-byte", (byte: number) => {
  process.stdout.write(String.fromCharCode(byte));
});

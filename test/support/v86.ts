/** A guest in v86 as a test peer: Debian's kernel for 32-bit x86, which `.ci/i386-kernel` has put into a folder. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelArguments, packInitrd } from "./initrd.js";

const FOLDER = process.env["I386_KERNEL"] ?? join(homedir(), ".cache/tapswitch/i386");
const PROGRAM = fileURLToPath(new URL("v86-guest.js", import.meta.url));
const BOOT_TIMEOUT_MS = 180_000;
/** In the order to load them. */
const MODULES = [
  ...["virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci"],
  ...["failover", "net_failover", "virtio_net"],
];

export interface V86Options {
  /** Where its network device connects to. */
  readonly relay: string;
  readonly mac: string;
  /** The address of eth0 in CIDR notation. */
  readonly ip: string;
  readonly command: string;
}

/** Programs that it takes, and what else is missing. */
export const V86_NEEDS = ["cpio", "gzip"] as const;
export const V86_LACKS = ["/usr/share/seabios/bios.bin", join(FOLDER, "busybox")]
  .filter((file) => !existsSync(file))
  .map((file) => `${file} is not there: see .ci/run`);

/** Boots a guest that runs in `host`; resolves when its eth0 is up. */
export async function bootV86(lab: Lab, host: string, options: V86Options): Promise<Child> {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-v86-"));
  try {
    const modules = MODULES.map((name) => join(FOLDER, `${name}.ko`));
    const initrd = packInitrd(folder, { busybox: join(FOLDER, "busybox"), modules });
    const { relay, mac, ip, command } = options;
    const program = [process.execPath, PROGRAM, join(FOLDER, "vmlinuz"), initrd, relay, mac];
    const guest = lab.spawn(host, [...program, kernelArguments(ip, command)]);
    await guest.waitFor(/eth0 is up/, BOOT_TIMEOUT_MS);
    return guest;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

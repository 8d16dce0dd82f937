/**
 * A small QEMU virtual machine as a test peer: Debian's cloud kernel, an initrd of busybox, the virtio network
 * modules and that of VLANs, one network device, no disk. It is up about 4 s after boot, without KVM too.
 *
 * TCG is forced, since /dev/kvm may exist and still hang; q35 and Nehalem are what this kernel boots on. QEMU never
 * connects twice, so what `netdev` dials must listen before `boot`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { kernelArguments, packInitrd } from "./initrd.js";

export interface VmOptions {
  /** What `-netdev` gets, without the id: `stream,server=off,addr.type=unix,addr.path=/run/x.sock`; "" for no device. */
  readonly netdev: string;
  /** Needed, since QEMU's default is the same in every VM. */
  readonly mac: string;
  /** What is started in place of QEMU, with its arguments, and has the device. */
  readonly program?: string;
  /** The address of eth0 in CIDR notation. */
  readonly ip: string;
  /** Shell command for the guest, run once eth0 is up; its output is on the console. Under 1,400 characters. */
  readonly command?: string;
}

/** Programs a VM test needs: pass them to `kernelTest` as `needs`. */
export const VM_NEEDS = ["qemu-system-x86_64", "busybox", "cpio", "gzip"] as const;

const QEMU = "qemu-system-x86_64";
const BOOT_TIMEOUT_MS = 60_000;
const MODULES = ["virtio_pci", "virtio_net", "8021q"];

export class Vm {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Starts a VM whose QEMU runs in `host`, and resolves when its eth0 is up. */
  static async boot(lab: Lab, host: string, options: VmOptions): Promise<Vm> {
    const vm = new Vm(lab.spawn(host, qemuArguments(options)));
    await vm.waitFor(/eth0 is up/);
    return vm;
  }

  /** Everything the guest and QEMU printed so far; the guest's lines end in \r\n. */
  get console(): string {
    return this.#child.output;
  }

  /** QEMU's process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves once the console shows `pattern`. */
  waitFor(pattern: RegExp, timeoutMs = BOOT_TIMEOUT_MS): Promise<RegExpMatchArray> {
    return this.#child.waitFor(pattern, timeoutMs);
  }

  /** Ends the VM at once. */
  async close(): Promise<void> {
    this.#child.kill();
    await this.#child.exit;
  }
}

function qemuArguments({ netdev, mac, ip, command = ":", program = QEMU }: VmOptions): string[] {
  const { kernel, initrd } = bootFiles();
  const append = kernelArguments(ip, command);
  return [
    ...[program, "-accel", "tcg", "-M", "q35", "-cpu", "Nehalem", "-m", "256"],
    ...["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"],
    ...["-kernel", kernel, "-initrd", initrd, "-append", append],
    ...(netdev === "" ? [] : ["-netdev", `${netdev},id=net0`]),
    ...(netdev === "" ? [] : ["-device", `virtio-net-pci,netdev=net0,mac=${mac},romfile=`]),
  ];
}

interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
}

let made: BootFiles | undefined;

/** Finds the kernel and packs the initrd, once per process; the folder goes when the process does. */
function bootFiles(): BootFiles {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), `tapswitch-vm-${process.pid}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const image = readdirSync("/boot").findLast((name) => /^vmlinuz-.*-cloud-amd64$/.test(name));
  if (image === undefined) throw new Error("no kernel for the VM: apt-get install linux-image-cloud-amd64");
  const busybox = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  const modules = moduleFiles(image.replace("vmlinuz-", "/lib/modules/"));
  made = { kernel: `/boot/${image}`, initrd: packInitrd(folder, { busybox, modules }) };
  return made;
}

/** The files of our modules and of all they depend on, in the order to load them. */
function moduleFiles(folder: string): string[] {
  const lines = readFileSync(join(folder, "modules.dep"), "utf8").split("\n");
  const files = MODULES.flatMap((module) => {
    const line = lines.find((text) => text.split(":")[0]!.endsWith(`/${module}.ko`));
    if (line === undefined) throw new Error(`kernel module ${module} is not in ${folder}/modules.dep`);
    return line.replace(":", "").trim().split(" ").reverse(); // modules.dep lists a module before what it needs
  });
  return [...new Set(files)].map((file) => join(folder, file));
}

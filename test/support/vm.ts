/**
 * A small QEMU virtual machine as a test peer: Debian's cloud kernel, an initrd of busybox and the virtio network
 * modules, one network device, no disk. It is up about 4 s after boot, without KVM too.
 *
 * TCG is forced, since /dev/kvm may exist and still hang; q35 and Nehalem are what this kernel boots on. QEMU never
 * connects twice, so what `netdev` dials must listen before `boot`.
 */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Child, Lab } from "../../src/cli/demo/lab.js";

export interface VmOptions {
  /** What `-netdev` gets, without the id: `stream,server=off,addr.type=unix,addr.path=/run/x.sock`. */
  readonly netdev: string;
  /** Needed, since QEMU's default is the same in every VM. */
  readonly mac: string;
  /** The address of eth0 in CIDR notation. */
  readonly ip: string;
  /** Shell command for the guest, run once eth0 is up; its output is on the console. Under 1,400 characters. */
  readonly command?: string;
}

/** Programs a VM test needs: pass them to `kernelTest` as `needs`. */
export const VM_NEEDS = ["qemu-system-x86_64", "busybox", "cpio", "gzip"] as const;

const BOOT_TIMEOUT_MS = 60_000;
const MODULES = ["virtio_pci", "virtio_net"];

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

function qemuArguments({ netdev, mac, ip, command = ":" }: VmOptions): string[] {
  const { kernel, initrd } = bootFiles();
  const script = Buffer.from(command).toString("base64");
  const append = `console=ttyS0 quiet panic=-1 guest_ip=${ip} guest_command=${script}`;
  return [
    ...["qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-cpu", "Nehalem", "-m", "256"],
    ...["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"],
    ...["-kernel", kernel, "-initrd", initrd, "-append", append],
    ...["-netdev", `${netdev},id=net0`, "-device", `virtio-net-pci,netdev=net0,mac=${mac},romfile=`],
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
  made = { kernel: `/boot/${image}`, initrd: packInitrd(folder, image.replace("vmlinuz-", "")) };
  return made;
}

function packInitrd(folder: string, release: string): string {
  const root = join(folder, "root");
  for (const name of ["bin", "proc", "sys", "dev", "tmp", "modules"])
    mkdirSync(join(root, name), { recursive: true });
  const busybox = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  writeFileSync(join(root, "bin/busybox"), readFileSync(busybox), { mode: 0o755 });
  symlinkSync("busybox", join(root, "bin/sh"));
  const modules = moduleFiles(`/lib/modules/${release}`);
  for (const file of modules) writeFileSync(join(root, "modules", basename(file)), readFileSync(file));
  writeFileSync(join(root, "init"), initScript(modules.map((file) => basename(file))), { mode: 0o755 });
  const initrd = join(folder, "initrd.gz");
  execFileSync("sh", ["-c", 'find . | cpio --quiet -o -H newc | gzip -1 > "$0"', initrd], { cwd: root });
  return initrd;
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

function initScript(modules: readonly string[]): string {
  return `#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in ${modules.join(" ")}; do insmod /modules/$module; done
for word in $(cat /proc/cmdline); do
  case $word in
    guest_ip=*) address=\${word#guest_ip=} ;;
    guest_command=*) echo "\${word#guest_command=}" | base64 -d > /tmp/command ;;
  esac
done
ip link set lo up
ip addr add "$address" dev eth0
ip link set eth0 up
echo "eth0 is up"
sh /tmp/command
echo "command ended: $?"
while :; do sleep 1000; done
`;
}

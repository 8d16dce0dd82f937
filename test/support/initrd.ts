/** What a virtual machine boots into: busybox, some kernel modules, a network device, and a command to run. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface InitrdFiles {
  /** A static busybox. */
  readonly busybox: string;
  /** Kernel modules, in the order to load them. */
  readonly modules: readonly string[];
}

/** Packs an initrd in `folder`; answers its path. */
export function packInitrd(folder: string, { busybox, modules }: InitrdFiles): string {
  const root = join(folder, "root");
  for (const name of ["bin", "proc", "sys", "dev", "tmp", "modules"])
    mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, "bin/busybox"), readFileSync(busybox), { mode: 0o755 });
  symlinkSync("busybox", join(root, "bin/sh"));
  for (const file of modules) writeFileSync(join(root, "modules", basename(file)), readFileSync(file));
  writeFileSync(join(root, "init"), initScript(modules.map((file) => basename(file))), { mode: 0o755 });
  const initrd = join(folder, "initrd.gz");
  execFileSync("sh", ["-c", 'find . | cpio --quiet -o -H newc | gzip -1 > "$0"', initrd], { cwd: root });
  return initrd;
}

/** The kernel's command line for the address of eth0 in CIDR notation and a command of less than 1,400 characters. */
export function kernelArguments(ip: string, command: string): string {
  const script = Buffer.from(command).toString("base64");
  return `console=ttyS0 quiet panic=-1 guest_ip=${ip} guest_command=${script}`;
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
    guest_mac=*) ip link set eth0 address "\${word#guest_mac=}" ;;
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

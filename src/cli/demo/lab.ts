/**
 * A lab is a few network namespaces on this machine with cables between them: hosts without the machines. The
 * demo, the kernel tests and the benchmarks all run in one. Names hold the process id, so that labs do not meet, and
 * whatever was made is removed by `close`, after a failure half-way and at the process's end too.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { TapswitchError } from "../../errors.js";
import { packageFile } from "../../package-file.js";
import { Child, type Exit, type StartOptions } from "./child.js";

export { Child, type Exit, type StartOptions, type Usage } from "./child.js";

/** Where a cable ends: a device in a host, with addresses in CIDR notation. */
export interface CableEnd {
  readonly host: string;
  readonly device: string;
  readonly addresses?: readonly string[];
}

/** What a finished program said. */
export interface Outcome extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends StartOptions {
  /** The program is killed after this time; 60 s if not given. */
  readonly timeoutMs?: number;
  /** Throw, with what the program said, if its exit status is not 0. */
  readonly check?: boolean;
}

const PROGRAM = packageFile("bin/tapswitch.js");

export class Lab {
  static #made = 0;
  readonly #prefix = `ts${process.pid}.${++Lab.#made}`;
  readonly #namespaces = new Set<string>();
  readonly #children = new Set<Child>();
  readonly #onExit = (): void => this.#closeNow();
  #closed: Promise<void> | undefined;

  /** The name of a host's namespace, as `ip netns` lists it. */
  namespace(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** Makes a host. Duplicate address detection is off, so that IPv6 addresses work at once. */
  async host(name: string): Promise<void> {
    if (this.#namespaces.size === 0) process.once("exit", this.#onExit);
    this.#namespaces.add(this.namespace(name));
    await this.#must(["ip", "netns", "add", this.namespace(name)]);
    await this.ip(name, "link", "set", "dev", "lo", "up");
    await this.run(name, ["sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad"]);
  }

  /** Lays a cable between two hosts and brings both ends up. */
  async cable(a: CableEnd, b: CableEnd): Promise<void> {
    const peer = ["peer", "name", b.device, "netns", this.namespace(b.host)];
    await this.ip(a.host, "link", "add", "name", a.device, "type", "veth", ...peer);
    for (const { host, device, addresses = [] } of [a, b]) await this.up(host, device, addresses);
  }

  /**
   * Makes the hosts named in `addresses` and joins them to a Linux bridge inside `centre`, which is one of them:
   * `star("s", { s: "10.9.0.1/24", a: "10.9.0.2/24" })`. The device is `eth0` in each, `br0` in the centre.
   */
  async star(centre: string, addresses: Readonly<Record<string, string>>): Promise<void> {
    for (const name of Object.keys(addresses)) await this.host(name);
    await this.ip(centre, "link", "add", "name", "br0", "type", "bridge");
    await this.up(centre, "br0", [addresses[centre]!]);
    for (const [host, address] of Object.entries(addresses)) {
      if (host === centre) continue;
      await this.cable(
        { host, device: "eth0", addresses: [address] },
        { host: centre, device: `to-${host}` },
      );
      await this.ip(centre, "link", "set", "dev", `to-${host}`, "master", "br0");
    }
  }

  /** Gives a device its addresses and brings it up. */
  async up(host: string, device: string, addresses: readonly string[] = []): Promise<void> {
    for (const address of addresses) await this.ip(host, "address", "add", address, "dev", device);
    await this.ip(host, "link", "set", "dev", device, "up");
  }

  /** Runs `ip` in a host; throws if it fails. */
  async ip(host: string, ...args: string[]): Promise<string> {
    return (await this.#must(["ip", "-n", this.namespace(host), ...args])).stdout;
  }

  /** Runs a program in a host until it ends. */
  async run(host: string, argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.#finish(this.spawn(host, argv, options), argv, options);
  }

  /** Starts a program in a host; it is killed by `close` at the latest. */
  spawn(host: string, argv: readonly string[], options: StartOptions = {}): Child {
    return this.#start(["ip", "netns", "exec", this.namespace(host), ...argv], options);
  }

  /** Starts this checkout's tapswitch in a host. */
  tapswitch(host: string, ...args: string[]): Child {
    return this.spawn(host, [process.execPath, PROGRAM, ...args]);
  }

  /** Kills all children and removes all hosts. Safe to call twice; nothing can be started afterwards. */
  close(): Promise<void> {
    this.#closed ??= this.#tearDown();
    return this.#closed;
  }

  #start(argv: readonly string[], options: StartOptions): Child {
    if (this.#closed !== undefined)
      throw new TapswitchError("missing", `cannot start '${argv.join(" ")}': the lab is closed`);
    const child = new Child(argv, options);
    this.#children.add(child);
    void child.exit.catch(() => undefined).finally(() => this.#children.delete(child));
    return child;
  }

  #must(argv: readonly string[]): Promise<Outcome> {
    return this.#finish(this.#start(argv, {}), argv, { check: true });
  }

  async #finish(child: Child, argv: readonly string[], options: RunOptions): Promise<Outcome> {
    const { timeoutMs = 60_000, check = false } = options;
    const timer = setTimeout(() => child.kill(), timeoutMs);
    const exit = await child.exit.finally(() => clearTimeout(timer));
    if (check && exit.status !== 0) {
      const end = exit.signal === null ? `exit status ${exit.status}` : exit.signal;
      throw new TapswitchError("system", `'${argv.join(" ")}' failed (${end}): ${child.output.trim()}`);
    }
    return { ...exit, stdout: child.stdout, stderr: child.stderr };
  }

  async #tearDown(): Promise<void> {
    process.off("exit", this.#onExit);
    const children = [...this.#children];
    for (const child of children) child.kill();
    await Promise.allSettled(children.map((child) => child.exit));
    for (const namespace of this.#namespaces) await removeNamespace(namespace);
    this.#namespaces.clear();
  }

  /** The process is ending with the lab still open: no promise would be kept any more. */
  #closeNow(): void {
    for (const child of this.#children) child.kill();
    for (const namespace of this.#namespaces) spawnSync("ip", ["netns", "delete", namespace]);
  }
}

/** What this machine lacks for a lab, in sentences; `tools` are programs needed beside `ip` and `ping`. */
export function missing(tools: readonly string[] = []): string[] {
  const lacking = ["ip", "ping", ...tools].filter((tool) => !isInstalled(tool));
  const sentences = lacking.map((tool) => `The program '${tool}' is not installed${packageHint(tool)}.`);
  if (process.geteuid?.() !== 0)
    sentences.unshift("Network namespaces can only be made by root: run it with sudo.");
  if (!isAccessible("/dev/net/tun", constants.R_OK | constants.W_OK))
    sentences.push("/dev/net/tun is not there or not accessible: load the kernel module 'tun'.");
  return sentences;
}

/** Kills what still runs in the namespace (a daemon that left its session) and deletes it. */
async function removeNamespace(namespace: string): Promise<void> {
  const listing = new Child(["ip", "netns", "pids", namespace]);
  await listing.exit.catch(() => undefined);
  for (const pid of listing.stdout.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // it ended by itself meanwhile
    }
  }
  await new Child(["ip", "netns", "delete", namespace]).exit.catch(() => undefined);
}

function isInstalled(tool: string): boolean {
  const folders = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`.split(":");
  return folders.some((folder) => isAccessible(`${folder}/${tool}`, constants.X_OK));
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function packageHint(tool: string): string {
  const packages: Record<string, string> = { ip: "iproute2", ping: "iputils-ping" };
  const name = packages[tool];
  return name === undefined ? "" : ` (Debian package ${name})`;
}

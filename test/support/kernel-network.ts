/**
 * The network that most kernel tests begin with: a server on host s, joins on hosts a, b, c ..., and a bridge
 * between them all as the underlay. What is done there is done by real programs; what is judged are counts and hashes.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import type { TransferReport } from "../../src/cli/demo/transfer.js";

export const SERVER_URL = "tcp://10.9.0.1:9621";
/** What tests read in a log; without it a log that is not on a terminal is JSON. */
export const READABLE = ["--log-format", "human"];

const TRANSFER = fileURLToPath(new URL("../../src/cli/demo/transfer.js", import.meta.url));
const LIMIT_MS = 30_000;

/** The addresses of a host on the segment under test. */
export function overlay(host: string): { v4: string; v6: string } {
  const number = host.charCodeAt(0) - 96;
  return { v4: `10.10.0.${number}`, v6: `fd10::${number}` };
}

/** Makes host s and the `hosts`, joined by the underlay. */
export function underlay(lab: Lab, hosts: readonly string[]): Promise<void> {
  const ends = hosts.map((host) => [host, `10.9.0.${host.charCodeAt(0) - 95}/24`]);
  return lab.star("s", { s: "10.9.0.1/24", ...Object.fromEntries(ends) });
}

/** Starts a server on host s and waits until it listens, on the underlay if `options` name no other place. */
export async function serve(lab: Lab, ...options: string[]): Promise<Child> {
  const listen = options.includes("--listen") ? [] : ["--listen", SERVER_URL, "--insecure"];
  const server = lab.tapswitch("s", "serve", ...READABLE, ...listen, ...options);
  await server.waitFor(/listening/, LIMIT_MS);
  return server;
}

/** Starts a join on `host` with the host's overlay addresses, or none in a bridge; waits for nothing. */
export function startJoin(lab: Lab, host: string, options: readonly string[], url = SERVER_URL): Child {
  const { v4, v6 } = overlay(host);
  const bare = options.includes("--bridge") || options.includes("--ip");
  const addresses = bare ? [] : ["--ip", `${v4}/24`, "--ip", `${v6}/64`];
  return lab.tapswitch(host, "join", url, ...READABLE, "--name", host, ...addresses, ...options);
}

/** As `startJoin`, and waits for the welcome. */
export async function join(lab: Lab, host: string, options: readonly string[] = [], url = SERVER_URL) {
  const client = startJoin(lab, host, options, url);
  await client.waitFor(/joined/, LIMIT_MS);
  return client;
}

/** The underlay, a server, and a join on each of `hosts`. */
export async function segment(lab: Lab, hosts: readonly string[], serveOptions: readonly string[] = []) {
  await underlay(lab, hosts);
  const server = await serve(lab, ...serveOptions);
  const clients: Record<string, Child> = {};
  for (const host of hosts) clients[host] = await join(lab, host);
  return { server, clients };
}

/** Pings from a host; fails unless every ping is answered, once. */
export async function ping(lab: Lab, host: string, to: string, ...options: string[]): Promise<void> {
  const count = 5;
  const said = await lab.run(host, ["ping", "-c", String(count), "-i", "0.1", "-W", "10", ...options, to]);
  const answers = [...said.stdout.matchAll(/icmp_seq=(\d+) ttl=/g)].map(([, number]) => Number(number));
  assert.deepEqual(answers, [1, 2, 3, 4, 5], `${said.stdout}${said.stderr}`);
}

/** Waits until `holds`, which is asked again and again, and fails with what was missing. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    const text = typeof what === "string" ? what : what();
    assert.ok(performance.now() < deadline, `waited ${limitMs} ms in vain for ${text}`);
    await sleep(50);
  }
}

export interface TransferOptions {
  /** Where the bytes lie, and whose address `address` is. */
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly bytes?: number;
  readonly port?: number;
}

/** Bytes on their way over one TCP connection. */
export class Transfer {
  readonly receiver: Child;
  readonly #sender: Child;
  readonly #bytes: number;

  private constructor(sender: Child, receiver: Child, bytes: number) {
    this.#sender = sender;
    this.receiver = receiver;
    this.#bytes = bytes;
  }

  static async start(lab: Lab, options: TransferOptions): Promise<Transfer> {
    const { from, to, address, bytes = 10_000_000, port = 5001 } = options;
    const end = [address, String(port), String(bytes)];
    const sender = lab.spawn(from, [process.execPath, TRANSFER, "offer", ...end]);
    await sender.waitFor(/ready/, LIMIT_MS);
    return new Transfer(sender, lab.spawn(to, [process.execPath, TRANSFER, "fetch", ...end]), bytes);
  }

  /** Waits for the end, and fails unless what arrived is what was sent. */
  async arrived(limitMs = 60_000): Promise<void> {
    const [got, sent] = await Promise.all(
      [this.receiver, this.#sender].map(async (child) => report(child, limitMs)),
    );
    assert.equal(got!.bytes, this.#bytes);
    assert.equal(got!.sha256, sent!.sha256);
  }
}

async function report(child: Child, limitMs: number): Promise<TransferReport> {
  return JSON.parse((await child.waitFor(/\{.*\}/, limitMs))[0]) as TransferReport;
}

/** Moves bytes and fails unless they arrive as they were sent. */
export async function transfer(lab: Lab, options: TransferOptions): Promise<void> {
  await (await Transfer.start(lab, options)).arrived();
}

/** What a port's line on SIGUSR1 says. */
export interface PortLine {
  readonly name: string;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly queuedBytes: number;
  /** "none", or reasons with their counts: "queue:12". */
  readonly drops: string;
}

export interface Tables {
  readonly ports: Readonly<Record<string, PortLine>>;
  /** The port behind which each MAC address was learned. */
  readonly macs: Readonly<Record<string, string>>;
}

const NETWORK = /^network \S+: (\d+) ports, (\d+) addresses$/gm;
const PORT = /^ {2}port +\d+ +(\S+) .* in (\d+) out (\d+) floods \d+ queued (\d+) B drops (.*)$/gm;
const MAC = /^ {2}mac +(\S+) .*behind port \d+ \((.*)\)/gm;

/** Has a server or join print its ports and MAC tables, all networks in one. */
export async function tables(child: Child): Promise<Tables> {
  const from = child.stdout.length;
  const text = (): string => child.stdout.slice(from);
  child.signal("SIGUSR1");
  await until(() => isWhole(text()), "the tables of ports and addresses");
  const ports = [...text().matchAll(PORT)].map(([, name, framesIn, framesOut, queued, drops]) => [
    name!,
    {
      name: name!,
      framesIn: Number(framesIn),
      framesOut: Number(framesOut),
      queuedBytes: Number(queued),
      drops: drops!,
    },
  ]);
  const macs = [...text().matchAll(MAC)].map(([, mac, port]) => [mac, port]);
  return { ports: Object.fromEntries(ports), macs: Object.fromEntries(macs) };
}

function isWhole(text: string): boolean {
  const networks = [...text.matchAll(NETWORK)];
  const lines = networks.reduce((sum, [, ports, macs]) => sum + Number(ports) + Number(macs), 0);
  return networks.length > 0 && [...text.matchAll(PORT), ...text.matchAll(MAC)].length === lines;
}

export interface LinkState {
  readonly mac: string;
  readonly mtu: number;
  readonly carrier: boolean;
}

/** What `ip link` says of a device, or null where there is none. */
export async function linkState(lab: Lab, host: string, device: string): Promise<LinkState | null> {
  const { stdout } = await lab.run(host, ["ip", "-j", "link", "show", "dev", device]);
  if (stdout.trim() === "") return null;
  const [link] = JSON.parse(stdout) as [{ address: string; mtu: number; flags: string[] }];
  return { mac: link.address, mtu: link.mtu, carrier: link.flags.includes("LOWER_UP") };
}

/** Bytes that a device in the child's network namespace has received, without starting a program. */
export function receivedBytes(child: Child, device: string): number {
  const line = readFileSync(`/proc/${child.pid}/net/dev`, "utf8").match(
    new RegExp(`^ *${device}: *(\\d+)`, "m"),
  );
  return Number(line?.[1] ?? 0);
}

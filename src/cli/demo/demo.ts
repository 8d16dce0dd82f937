/**
 * `tapswitch demo`: the product's main job on one machine, with nothing to set up. Two hosts and a switch host are
 * network namespaces; the server and both clients are real processes. Everything is removed at the end, also after
 * a failure or an abort.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFile } from "../../package-file.js";
import { type Child, Lab, missing } from "./lab.js";
import type { TransferReport } from "./transfer.js";

export interface DemoOptions {
  /** Ends the demo early and removes what it made. */
  readonly signal: AbortSignal;
  print(line: string): void;
}

const SERVER = "10.9.0.1";
const HOSTS = [
  { name: "a", underlay: "10.9.0.2", overlay: "10.10.0.1" },
  { name: "b", underlay: "10.9.0.3", overlay: "10.10.0.2" },
] as const;
const ADDRESS = `${SERVER}:9621`;
const TRANSFER = packageFile("dist/src/cli/demo/transfer.js");
const TRANSFER_BYTES = 100_000_000;
const TRANSFER_PORT = "5001";
const PINGS = 20;
const TWO_MACS = /([0-9a-f]{2}(:[0-9a-f]{2}){5}[\s\S]*){2}\n/;

/** Status 1: something was measured that should not be; 2: this machine cannot run it; 130: aborted. */
export async function demo({ signal, print }: DemoOptions): Promise<number> {
  const lacking = missing();
  if (lacking.length > 0) {
    print("The demo needs network namespaces and TAP devices on this machine:");
    for (const sentence of lacking) print(`  - ${sentence}`);
    return 2;
  }
  const lab = new Lab();
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-demo-"));
  const abort = (): void => void lab.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return signal.aborted ? 130 : await show(lab, print, folder);
  } catch (error) {
    if (signal.aborted) return 130;
    print(step("failed", error instanceof Error ? error.message : String(error)));
    return 1;
  } finally {
    signal.removeEventListener("abort", abort);
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
    print(step("removed", `${signal.aborted ? "aborted: " : ""}all processes and namespaces of the demo`));
  }
}

async function show(lab: Lab, print: (line: string) => void, folder: string): Promise<number> {
  print("tapswitch demo: two hosts on one Ethernet segment, through a switch on a third\n");
  const server = await build(lab, print, folder);
  const pinged = await ping(lab, print);
  const moved = await transfer(lab, print);
  await table(server, print);
  return pinged && moved ? 0 : 1;
}

async function build(lab: Lab, print: (line: string) => void, folder: string): Promise<Child> {
  const underlay = Object.fromEntries(HOSTS.map((host) => [host.name, `${host.underlay}/24`]));
  await lab.star("s", { s: `${SERVER}/24`, ...underlay });
  print(
    step(
      "hosts",
      `s ${SERVER}, ${HOSTS.map((h) => `${h.name} ${h.underlay}`).join(", ")} (network namespaces)`,
    ),
  );
  const server = lab.tapswitch("s", "serve", "--advertise", ADDRESS, "--state", join(folder, "s"));
  await server.waitFor(/listening/);
  print(step("on s", "tapswitch serve"));
  for (const { name, overlay } of HOSTS) {
    const invite = lab.tapswitch("s", "invite", "--name", name, "--state", join(folder, "s"));
    const [url] = await invite.waitFor(/tapswitch:.*(?=\n)/);
    const device = ["--dev", "tap0", "--ip", `${overlay}/24`];
    await lab.tapswitch(name, "join", url, ...device, "--state", join(folder, name)).waitFor(/joined/);
    print(step("on s", `tapswitch invite --name ${name}`));
    print(step(`on ${name}`, `tapswitch join tapswitch://${ADDRESS}/default?... ${device.join(" ")}`));
  }
  return server;
}

async function ping(lab: Lab, print: (line: string) => void): Promise<boolean> {
  const [from, to] = HOSTS;
  const argv = ["ping", "-c", String(PINGS), "-i", "0.05", "-W", "1", to.overlay];
  const { stdout } = await lab.run(from.name, argv);
  const times = [...stdout.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms)).sort((x, y) => x - y);
  const answered = times.length;
  const loss = `${100 - (answered / PINGS) * 100} % loss`;
  const trip = ["min", times[0], "median", times[answered >> 1], "max", times.at(-1), "ms"].join(" ");
  print(step("ping", `a -> b: ${answered} of ${PINGS} answered, ${loss}, round trip ${trip}`));
  return answered === PINGS;
}

async function transfer(lab: Lab, print: (line: string) => void): Promise<boolean> {
  const [from, to] = HOSTS;
  const end = [from.overlay, TRANSFER_PORT, String(TRANSFER_BYTES)];
  const sender = lab.spawn(from.name, [process.execPath, TRANSFER, "offer", ...end]);
  await sender.waitFor(/ready/);
  const fetched = await lab.run(to.name, [process.execPath, TRANSFER, "fetch", ...end], { check: true });
  const got = JSON.parse(fetched.stdout) as TransferReport;
  const sent = JSON.parse((await sender.waitFor(/\{.*\}/))[0]) as TransferReport;
  const equal = got.bytes === TRANSFER_BYTES && got.sha256 === sent.sha256;
  const rate = ((got.bytes * 8) / got.seconds / 1e9).toFixed(2);
  const verdict = equal ? "SHA-256 equal" : "but the SHA-256 DIFFERS";
  print(
    step(
      "transfer",
      `a -> b: ${got.bytes / 1e6} MB in ${got.seconds.toFixed(2)} s = ${rate} Gbit/s, ${verdict}`,
    ),
  );
  return equal;
}

/** Shows what the server prints on SIGUSR1: its ports and the MAC addresses it learned. */
async function table(server: Child, print: (line: string) => void): Promise<void> {
  server.clear();
  server.signal("SIGUSR1");
  await server.waitFor(TWO_MACS);
  print("\nThe switch has learned:\n");
  for (const line of server.output.trimEnd().split("\n")) print(`  ${line}`);
  print("");
}

function step(what: string, text: string): string {
  return `  ${what.padEnd(9)} ${text}`;
}

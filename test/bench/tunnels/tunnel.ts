/**
 * A tunnel joins hosts a and b of the benchmark's lab: whatever carries Ethernet between them, ours or another's.
 * A tunnel that needs a switch or a server of its own may put it on host s.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child, Lab } from "../../../src/cli/demo/lab.js";

/** Where a tunnel ends: a device with an IP address, in host a or b. */
export interface TunnelEnd {
  readonly host: string;
  readonly device: string;
  readonly address: string;
}

export interface Tunnel {
  readonly a: TunnelEnd;
  readonly b: TunnelEnd;
  /** The processes it runs on; none where the kernel does the work. */
  readonly children: readonly Child[];
  close(): Promise<void>;
}

export interface TunnelKind {
  readonly name: string;
  /** Programs it is made of; it is left out where one is missing. */
  readonly needs: readonly string[];
  start(lab: Lab): Promise<Tunnel>;
}

/** The underlay: a bridge on s. */
export const UNDERLAY = { s: "10.9.0.1", a: "10.9.0.2", b: "10.9.0.3", c: "10.9.0.4" } as const;
export const OVERLAY = { a: "10.10.0.1", b: "10.10.0.2", c: "10.10.0.3" } as const;

/** Makes the hosts s, a, b (and c), joined by the underlay. */
export async function buildUnderlay(lab: Lab, hosts: readonly (keyof typeof UNDERLAY)[]): Promise<void> {
  await lab.star("s", Object.fromEntries(hosts.map((host) => [host, `${UNDERLAY[host]}/24`])));
}

/** A tunnel whose ends are the device `device` in both hosts; `children` end with it. */
export function tunnelOver(device: string, children: readonly Child[]): Tunnel {
  const end = (host: "a" | "b"): TunnelEnd => ({ host, device, address: OVERLAY[host] });
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
  };
  return { a: end("a"), b: end("b"), children, close };
}

/** Gives `device` the overlay addresses in both hosts and brings it up. */
export async function address(lab: Lab, device: string): Promise<void> {
  for (const host of ["a", "b"] as const) await lab.up(host, device, [`${OVERLAY[host]}/24`]);
}

let root: string | undefined;

/** A fresh folder for keys and sockets, removed when the benchmark's process ends. */
export function temporaryFolder(): string {
  root ??= makeRoot();
  return mkdtempSync(join(root, "x"));
}

function makeRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

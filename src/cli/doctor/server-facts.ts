/**
 * What can be seen of a server from here: its name, its door, its key, and whether it welcomes this host. Nothing is
 * kept: no pin is saved, no key is made, an invite's code is not shown.
 */
import { lookup } from "node:dns/promises";
import { isIPv6, Socket } from "node:net";
import { join } from "node:path";
import type { StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { TcpEndpoint } from "../../config/endpoint/tcp.js";
import type { TlsEndpoint } from "../../config/endpoint/tls.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import { routeInterface } from "../../native/interface.js";
import { native } from "../../native/native.js";
import type { Identity } from "../../session/identity.js";
import { parseIdentity } from "../../session/identity.js";
import { readPrivate } from "../../state/atomic-file.js";
import { savedPin } from "../../state/known-servers.js";
import { STEP_MS, within } from "./limit.js";
import { type PathFound, probePath } from "./path-probe.js";
import { type Meeting, meet } from "./server-meeting.js";
import { seeTls, type TlsSeen } from "./server-tls.js";

/** Servers that speak first do so within this time. */
const BANNER_MS = 300;
const LARGEST_PROBE = 9_000;

export interface Door {
  readonly address: string;
  /** Through which the packets leave; null: no route. */
  readonly device: string | null;
  /** Its MTU, and whether it is a TAP. */
  readonly deviceMtu: number | null;
  /** Until connected; null where that failed. */
  readonly connectMs: number | null;
  readonly errno: string | null;
  /** What the kernel believes that the path carries, bytes of a packet. */
  readonly kernelMtu: number | null;
  /** What it said unasked, as a server of another kind does. */
  readonly banner: string;
}

export interface ServerFacts {
  readonly endpoint: StreamEndpoint;
  /** Why the name cannot be resolved. */
  readonly nameErrno: string | null;
  readonly doors: readonly Door[];
  /** Null: not reached, or no TLS is meant. */
  readonly tls: TlsSeen | null;
  /** The key that it must have, and who says so. */
  readonly pin: { readonly wanted: string; readonly from: "URL" | "state folder" } | null;
  readonly meeting: Meeting;
  readonly path: PathFound | { readonly why: string };
  readonly tapNames: readonly string[];
}

export async function readServer(
  endpoint: StreamEndpoint,
  state: string,
  tapNames: readonly string[],
): Promise<ServerFacts> {
  const none = { endpoint, nameErrno: null, tls: null, pin: null, tapNames };
  if (endpoint.kind === "unix") {
    const meeting = await meet(endpoint, null, null);
    return { ...none, doors: [], meeting, path: { why: "a Unix socket has no path" } };
  }
  const { addresses, nameErrno } = await resolve(endpoint.host);
  const doors = await Promise.all(addresses.map((address) => knock(address, endpoint.port)));
  const open = doors.find(({ connectMs }) => connectMs !== null);
  const path = explore(doors[0]);
  if (open === undefined) {
    const meeting: Meeting = { kind: "skipped", why: "the server is not reached" };
    return { ...none, nameErrno, doors, meeting, path: await path };
  }
  if (endpoint.kind === "tcp") {
    const [meeting, found] = await Promise.all([meet(endpoint, null, null), path]);
    return { ...none, nameErrno, doors, meeting, path: found };
  }
  const pin = wantedPin(endpoint, state);
  const tls = await seeTls(endpoint, open.address);
  const meeting = await introduce(endpoint, state, { pin: pin?.wanted ?? null, tls });
  return { ...none, nameErrno, doors, tls, pin, meeting, path: await path };
}

async function resolve(host: string): Promise<{ addresses: string[]; nameErrno: string | null }> {
  try {
    const found = await within(STEP_MS, lookup(host, { all: true }));
    return { addresses: found.map(({ address }) => address), nameErrno: null };
  } catch (error) {
    return { addresses: [], nameErrno: errnoOf(error) ?? "no answer" };
  }
}

function knock(address: string, port: TcpEndpoint["port"]): Promise<Door> {
  const device = routeInterface(address);
  const deviceMtu = device === null ? null : (native().getInterface(device)?.mtu ?? null);
  const door = { address, device, deviceMtu, connectMs: null, errno: null, kernelMtu: null, banner: "" };
  return new Promise((resolve) => {
    const began = performance.now();
    let connectMs: number | null = null;
    let kernelMtu: number | null = null;
    const socket = new Socket();
    const end = (more: Partial<Door>): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...door, connectMs, kernelMtu, ...more });
    };
    let timer = setTimeout(() => end({ errno: "ETIMEDOUT" }), STEP_MS);
    socket.on("error", (error) => end(connectMs === null ? { errno: errnoOf(error) ?? error.message } : {}));
    socket.on("data", (bytes) => end({ banner: bytes.toString("latin1", 0, 60) }));
    socket.on("close", () => end({}));
    socket.connect({ host: address, port }, () => {
      connectMs = performance.now() - began;
      kernelMtu = pathMtuOf(socket, address);
      clearTimeout(timer);
      timer = setTimeout(() => end({}), BANNER_MS);
    });
  });
}

function pathMtuOf(socket: Socket, address: string): number | null {
  const { _handle } = socket as unknown as { _handle?: { fd?: number } };
  try {
    return native().getSocketOption(_handle?.fd ?? -1, isIPv6(address) ? "IPV6_MTU" : "IP_MTU");
  } catch {
    return null; // Gone already: what the probe finds is worth more anyway.
  }
}

async function explore(door: Door | undefined): Promise<ServerFacts["path"]> {
  if (door?.device == null) return { why: "there is no route to the server" };
  try {
    const largest = Math.min(door.deviceMtu ?? LARGEST_PROBE, LARGEST_PROBE);
    return await within(STEP_MS, probePath(door.address, largest));
  } catch (error) {
    const isMissing = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(errnoOf(error) ?? "");
    return {
      why: isMissing
        ? "the package raw-socket is not installed"
        : `no raw socket (${(error as Error).message})`,
    };
  }
}

function wantedPin(endpoint: TlsEndpoint, state: string): ServerFacts["pin"] {
  if (endpoint.pin !== undefined) return { wanted: endpoint.pin, from: "URL" };
  try {
    const saved = savedPin(state, endpoint.host, endpoint.port);
    return saved === undefined ? null : { wanted: saved, from: "state folder" };
  } catch {
    return null; // The state folder's own check names what is wrong with it.
  }
}

/** A session, where it is the right server and this host has a key to show. */
async function introduce(
  endpoint: TlsEndpoint,
  state: string,
  { pin, tls }: { pin: string | null; tls: TlsSeen },
): Promise<Meeting> {
  if (!("fingerprint" in tls)) return { kind: "skipped", why: "no TLS" };
  if (endpoint.ca === undefined && tls.fingerprint !== pin)
    return { kind: "skipped", why: "it is not the server that it should be" };
  try {
    const identity = keyOf(state);
    if (identity === null && endpoint.cert === undefined)
      return { kind: "skipped", why: "this host has no key yet: 'join' makes one" };
    return await meet(endpoint, identity, pin);
  } catch (error) {
    if (error instanceof TapswitchError) return { kind: "skipped", why: error.message };
    throw error;
  }
}

function keyOf(state: string): Identity | null {
  const path = join(state, "identity.pem");
  const found = readPrivate(path);
  return found === undefined ? null : parseIdentity(found, path);
}

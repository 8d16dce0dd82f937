/** The leases of a network's DHCP server, in a file of the state folder that is always whole. */
import { join } from "node:path";
import { z } from "zod";
import { TapswitchError } from "../errors.js";
import { ipv4FromNumber, ipv4Number } from "../frame/ip-text.js";
import { formatMac, parseMac } from "../frame/mac.js";
import type { Lease } from "../switch/dhcp/lease.js";
import { type FileSystem, readPrivate, writeAtomic } from "./atomic-file.js";

const Written = z.strictObject({
  address: z.ipv4(),
  state: z.enum(["offered", "leased", "conflict", "free"]),
  client: z.string().max(128),
  mac: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
  port: z.string().max(63),
  hostName: z.string().max(63),
  expires: z.iso.datetime(),
});

/** The leases of the network. Throws `bad-state`. */
export function readLeases(folder: string, network: string): Lease[] {
  const path = pathOf(folder, network);
  const text = readPrivate(path);
  if (text === undefined) return [];
  const parsed = z.array(Written).safeParse(parseJson(text, path));
  if (!parsed.success) throw damaged(path, `at '${parsed.error.issues[0]?.path.join(".")}'`);
  return parsed.data.map(({ address, mac, port, expires, ...rest }) => ({
    ...rest,
    address: ipv4Number(address)!,
    mac: parseMac(mac),
    portName: port,
    expiresAt: Date.parse(expires),
  }));
}

/** Writes all of them; an offer is no promise and not worth a place. Throws `bad-state`, `full`. */
export function writeLeases(
  folder: string,
  network: string,
  leases: readonly Lease[],
  fs?: FileSystem,
): void {
  const written = leases
    .filter(({ state }) => state !== "offered")
    .map(({ address, mac, portName, expiresAt, ...rest }) => ({
      address: ipv4FromNumber(address),
      mac: formatMac(mac),
      port: portName,
      expires: new Date(expiresAt).toISOString(),
      ...rest,
    }));
  const options = fs === undefined ? {} : { fs };
  writeAtomic(pathOf(folder, network), `${JSON.stringify(written, null, 1)}\n`, options);
}

function pathOf(folder: string, network: string): string {
  return join(folder, `leases-${network}.json`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, "it is not JSON");
  }
}

function damaged(path: string, why: string): TapswitchError {
  const fix = "restore it, or move it away: clients then get addresses anew";
  return new TapswitchError("bad-state", `'${path}' is damaged (${why}): ${fix}`);
}

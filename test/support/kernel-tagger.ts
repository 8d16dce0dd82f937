/**
 * VLAN sub-interfaces for kernels that have none: stands between a join and its server and tags what the join sends,
 * large segments too, and takes the tag off what comes back. So a whole host is on one VLAN, with real devices and
 * programs on both sides. Nothing here is shared with `src`.
 */
import { connect, createServer, type Server } from "node:net";
import { pipeline, Transform } from "node:stream";
import type { TestContext } from "node:test";
import { record, split, type WireRecord } from "./peers.js";

/** Listens on the Unix socket `path`; whoever joins there joins the one at `server`, on `vlan`. */
export async function listenTagging(t: TestContext, path: string, server: string, vlan: number) {
  const tagger: Server = createServer((client) => {
    const upstream = connect({ path: server });
    t.after(() => client.destroy());
    pipeline(
      client,
      retag((one) => tag(one, vlan)),
      upstream,
      () => client.destroy(),
    );
    pipeline(
      upstream,
      retag((one) => untag(one, vlan)),
      client,
      () => upstream.destroy(),
    );
  });
  t.after(() => tagger.close());
  await new Promise<void>((resolve) => tagger.listen(path, resolve));
}

/** A frame with a tag, or any other record as it is. */
export function tag({ kind, payload }: WireRecord, vlan: number): WireRecord {
  if (kind === 2) return { kind, payload };
  const at = (kind === 1 ? 10 : 0) + 12;
  const tagged = Buffer.concat([
    payload.subarray(0, at),
    Buffer.from([0x81, 0, vlan >> 8, vlan & 0xff]),
    payload.subarray(at),
  ]);
  return { kind, payload: kind === 1 ? moved(tagged, 4) : tagged };
}

/** A frame of `vlan` without its tag, null for a frame of another, or any other record as it is. */
export function untag({ kind, payload }: WireRecord, vlan: number): WireRecord | null {
  if (kind === 2) return { kind, payload };
  const at = (kind === 1 ? 10 : 0) + 12;
  if (payload.readUInt16BE(at) !== 0x8100 || (payload.readUInt16BE(at + 2) & 0xfff) !== vlan) return null;
  const bare = Buffer.concat([payload.subarray(0, at), payload.subarray(at + 4)]);
  return { kind, payload: kind === 1 ? moved(bare, -4) : bare };
}

/** Moves where the checksum starts, in a virtio-net header [virtio 1.2, 5.1.6]. */
function moved(payload: Buffer, by: number): Buffer {
  const needsChecksum = (payload[0]! & 1) !== 0;
  if (needsChecksum) payload.writeUInt16LE(payload.readUInt16LE(6) + by, 6);
  return payload;
}

function retag(change: (one: WireRecord) => WireRecord | null): Transform {
  let rest: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const cut = split(Buffer.concat([rest, chunk]));
      rest = cut.rest;
      const changed = cut.records.map(change).filter((one) => one !== null);
      done(null, Buffer.concat(changed.map(({ kind, payload }) => record(kind, payload))));
    },
  });
}

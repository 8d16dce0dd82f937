import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Link } from "../../src/link/link.js";
import { openUnixgram } from "../../src/link/unixgram.js";
import { UnixgramListener } from "../../src/link/unixgram-listener.js";
import { unixAddress } from "../../src/native/socket-address.js";
import { type FarEnd, linkContract } from "../contracts/link.contract.js";
import { eventually } from "../support/clock.js";
import { DatagramPeer } from "../support/datagram-peer.js";
import { frame } from "../support/peers.js";

/** QEMU sends to our path without connecting its socket; others connect theirs, and take from nobody else. */
for (const peers of ["connected", "unconnected"] as const) {
  linkContract(`attached unixgram, ${peers} peer`, {
    isBuffered: true,
    make: async () => {
      const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
      const path = join(folder, "peer");
      const local = { path: join(folder, "ours"), mode: undefined, group: undefined };
      const peer = DatagramPeer.bind(path);
      const link = await openUnixgram({ path, local });
      aim(peer, local.path, peers);
      return {
        link,
        close: () => clean(peer, folder),
        far: farOf(peer),
      };
    },
  });

  linkContract(`listening unixgram, ${peers} peer`, {
    isBuffered: true,
    losesWhilePaused: true,
    make: async () => {
      const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
      const path = join(folder, "ours");
      const links: Link[] = [];
      const at = { path, mode: undefined, group: undefined };
      const listener = await UnixgramListener.open(at, {
        room: () => true,
        accept: (link) => links.push(link),
      });
      const peer = DatagramPeer.bind(join(folder, "peer"));
      aim(peer, path, peers);
      peer.send(frame());
      await eventually(() => links.length > 0, "the port");
      const close = (): void => {
        listener.close();
        clean(peer, folder);
      };
      return { link: links[0]!, close, far: farOf(peer) };
    },
  });
}

function aim(peer: DatagramPeer, path: string, how: "connected" | "unconnected"): void {
  if (how === "connected") peer.connect(path);
  else peer.sendTo(unixAddress(path));
}

function farOf(peer: DatagramPeer): FarEnd {
  return {
    send: (frames) => peer.send(...frames),
    frames: () => peer.frames,
    vanish: () => peer.vanish(),
    stall: (stalled) => peer.stall(stalled),
  };
}

function clean(peer: DatagramPeer, folder: string): void {
  peer.vanish();
  rmSync(folder, { recursive: true, force: true });
}

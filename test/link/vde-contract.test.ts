import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Link } from "../../src/link/link.js";
import { openVde } from "../../src/link/vde-client.js";
import { VdeListener } from "../../src/link/vde-listener.js";
import { linkContract } from "../contracts/link.contract.js";
import { eventually } from "../support/clock.js";
import { FakeVdeSwitch, VdePeer } from "../support/vde-peer.js";

linkContract("VDE client", {
  isBuffered: true,
  sizes: [14, 59, 60, 1_514, 1_518],
  make: async () => {
    const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
    const vde = await FakeVdeSwitch.start(folder);
    const link = await openVde({ folder });
    return {
      link,
      close: () => {
        vde.stop();
        rmSync(folder, { recursive: true, force: true });
      },
      far: {
        send: (frames) => vde.data.send(...frames),
        frames: () => vde.data.frames,
        vanish: () => vde.stop(),
        stall: (stalled) => vde.data.stall(stalled),
      },
    };
  },
});

linkContract("VDE port", {
  isBuffered: true,
  make: async () => {
    const root = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
    const folder = join(root, "vde");
    mkdirSync(folder);
    const links: Link[] = [];
    const listener = await VdeListener.open(
      { path: folder, mode: undefined, group: undefined },
      { room: () => true, accept: (link) => links.push(link), failed: () => undefined },
    );
    const peer = await VdePeer.plug(folder, join(root, "peer"));
    await eventually(() => links.length > 0, "the port");
    return {
      link: links[0]!,
      close: () => {
        peer.vanish();
        listener.close();
        rmSync(root, { recursive: true, force: true });
      },
      far: {
        send: (frames) => peer.data.send(...frames),
        frames: () => peer.data.frames,
        vanish: () => peer.vanish(),
        stall: (stalled) => peer.data.stall(stalled),
      },
    };
  },
});

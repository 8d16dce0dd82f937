import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { errnoOf } from "../../src/errors.js";
import { listeningFd } from "../../src/link/adopt-socket.js";
import { InheritedDescriptors } from "../../src/link/inherited.js";
import type { Link } from "../../src/link/link.js";
import { native } from "../../src/native/native.js";
import { unixAddress } from "../../src/native/socket-address.js";
import { linkContract } from "../contracts/link.contract.js";
import { DatagramPeer } from "../support/datagram-peer.js";
import { Peer } from "../support/peers.js";
import { temporaryFolder } from "../support/server.js";

/** What QEMU and passt take. */
const MAX_FRAME = 65_535;
const SIZES = [14, 59, 60, 1_514, 9_014, 65_535];

/** As in a process of its own, whose descriptors have numbers that none had before. */
function opened(fd: number): Link {
  return new InheritedDescriptors().open(fd, { maxFrame: MAX_FRAME });
}

linkContract("fd, a stream,", {
  isBuffered: true,
  isStream: true,
  sizes: SIZES,
  make: async () => {
    const [ours, theirs] = native().socketPair("stream");
    const peer = new Peer(new Socket({ fd: theirs, readable: true, writable: true }));
    return {
      link: opened(ours),
      close: () => peer.destroy(),
      far: {
        send: (frames) => peer.send(...frames),
        frames: () => peer.frames,
        vanish: () => peer.destroy(),
        stall: (stalled) => void (stalled ? peer.socket.pause() : peer.socket.resume()),
        sendBytesAndVanish: (bytes) => void peer.socket.end(bytes),
      },
    };
  },
});

linkContract("fd, a sequence of packets,", {
  isBuffered: true,
  sizes: SIZES,
  make: async () => {
    const [ours, theirs] = native().socketPair("packet");
    const peer = new DatagramPeer(theirs);
    return {
      link: opened(ours),
      close: () => peer.vanish(),
      far: {
        send: (frames) => peer.send(...frames),
        frames: () => peer.frames,
        vanish: () => peer.vanish(),
        stall: (stalled) => peer.stall(stalled),
      },
    };
  },
});

function refused(fd: number, text: RegExp): void {
  assert.throws(
    () => opened(fd),
    (error) => {
      assert.equal(errnoOf(error), "usage");
      assert.match(String(error), text);
      return true;
    },
  );
}

function opening(t: TestContext, path: string): number {
  const fd = openSync(path, "r");
  t.after(() => closeSync(fd));
  return fd;
}

test("says what a descriptor is that can be no link", async (t) => {
  refused(99_999, /descriptor 99999 is not open: start the program with it/);
  refused(opening(t, "/dev/null"), /is the device '\/dev\/null': give a TAP, or a socket/);
  const folder = temporaryFolder(t);
  refused(opening(t, folder), new RegExp(`is the folder '${folder}'`));
  refused(opening(t, import.meta.filename), /is the file '.*inherited.test.js'/);
  refused(opening(t, "/dev/net/tun"), /is a TAP that is attached to no device/);
  const server = createServer().listen(join(folder, "socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  refused(listeningFd(server), /is a socket that listens: listen on it with '--listen'/);
});

test("datagrams are frames where the socket knows its peer", async (t) => {
  const folder = temporaryFolder(t);
  const [ours, theirs] = ["a", "b"].map((name) => native().openDatagram(unixAddress(join(folder, name))));
  native().connectDatagram(ours!, unixAddress(join(folder, "b")));
  const link = opened(ours!);
  t.after(() => native().closeSocket(theirs!));
  assert.deepEqual([link.kind, link.peer], ["fd", `fd ${ours}`]);
  link.close();
});

test("a descriptor can be taken once: its number may be that of something else later", (t) => {
  const [ours, theirs] = native().socketPair("packet");
  t.after(() => native().closeSocket(theirs));
  const descriptors = new InheritedDescriptors();
  descriptors.open(ours, { maxFrame: MAX_FRAME }).close();
  assert.throws(() => descriptors.open(ours, { maxFrame: MAX_FRAME }), {
    code: "device-gone",
    message: /was closed when its link ended/,
  });
});

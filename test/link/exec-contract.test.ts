/** The two forms of a cable to a program, with the test in place of the program at the other ends of their pairs. */
import { Socket } from "node:net";
import { execPlug, execStream } from "../../src/link/exec.js";
import { native } from "../../src/native/native.js";
import { linkContract } from "../contracts/link.contract.js";
import { DatagramPeer } from "../support/datagram-peer.js";
import { Peer, split } from "../support/peers.js";

linkContract("exec, framing record,", {
  isBuffered: true,
  isStream: true,
  sizes: [14, 59, 60, 1_514, 9_014, 65_535],
  make: async () => {
    const [ours, theirs] = native().socketPair("stream");
    const link = execStream("test", ours, () => undefined);
    const peer = new Peer(new Socket({ fd: theirs, readable: true, writable: true }));
    return {
      link,
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

linkContract("exec, framing vde,", {
  isBuffered: true,
  sizes: [14, 59, 60, 1_514, 1_518],
  make: async () => {
    const [output, itsInput] = native().socketPair("packet");
    const [input, itsOutput] = native().socketPair("stream");
    const link = execPlug("test", { input, output }, () => undefined);
    const taken = new DatagramPeer(itsInput);
    const given = new Socket({ fd: itsOutput, readable: true, writable: true });
    given.on("error", () => undefined);
    given.resume();
    const vanish = (): void => {
      given.destroy();
      taken.vanish();
    };
    return {
      link,
      close: vanish,
      far: {
        send: (frames) => void given.write(Buffer.concat(frames.map(plugged))),
        frames: () => taken.frames.map((packet) => unplugged(packet)),
        vanish,
        stall: (stalled) => taken.stall(stalled),
      },
    };
  },
});

/** A frame as a plug writes it. */
function plugged(frame: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(frame.length);
  return Buffer.concat([length, frame]);
}

/** The one frame in a packet, read as a record whose first two bytes are missing. */
function unplugged(packet: Buffer): Buffer {
  const { records, rest } = split(Buffer.concat([Buffer.alloc(2), packet]));
  if (records.length !== 1 || rest.length > 0) throw new Error("a packet that is not one whole record");
  return records[0]!.payload;
}

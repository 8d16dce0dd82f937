import { linkContract } from "../contracts/link.contract.js";
import { streamUnderTest } from "../support/server.js";

for (const carrier of ["tcp", "unix"] as const) {
  for (const side of ["accepted", "dialled"] as const) {
    linkContract(`${side} ${carrier}`, {
      isBuffered: true,
      isStream: true,
      make: async () => {
        const { link, peer, close } = await streamUnderTest(carrier, side);
        return {
          link,
          close,
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
  }
}

import { linkContract } from "../contracts/link.contract.js";
import { acceptedWebSocket, dialledWebSocket } from "../support/websockets.js";

const SIDES = {
  "accepted ws": () => acceptedWebSocket(false),
  "accepted wss": () => acceptedWebSocket(true),
  "dialled ws": () => dialledWebSocket(),
};

for (const [kind, open] of Object.entries(SIDES)) {
  linkContract(kind, {
    isBuffered: true,
    make: async () => {
      const { link, far, close } = await open();
      return {
        link,
        close,
        far: {
          send: (frames) => far.send(frames),
          frames: () => far.frames,
          vanish: () => far.webSocket.terminate(),
          stall: (stalled) => far.stall(stalled),
        },
      };
    },
  });
}

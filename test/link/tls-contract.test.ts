/** TLS sockets as links: what `stream-contract.test.ts` asks of plain ones, both as a server and as a client makes them. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  createServer as createTlsServer,
  type TLSSocket,
} from "node:tls";
import { adoptTlsSocket } from "../../src/link/adopt-tls-socket.js";
import { StreamLink } from "../../src/link/stream.js";
import { linkContract } from "../contracts/link.contract.js";
import { Peer } from "../support/peers.js";
import { SOMEONE } from "../support/secure.js";

const PROOF = { key: SOMEONE.key, cert: SOMEONE.certificate };
const OPTIONS = { kind: "tls", peer: "test" };

interface Made {
  readonly link: StreamLink;
  readonly peer: Peer;
  close(): void;
}

async function accepted(): Promise<Made> {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = once(server, "connection") as Promise<[Socket]>;
  const { port } = server.address() as { port: number };
  const far = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...PROOF });
  const [socket] = await connection;
  let secured!: TLSSocket;
  const context = createSecureContext(PROOF);
  const link = new StreamLink((reader) => {
    secured = adoptTlsSocket(socket, context, reader);
    return secured;
  }, OPTIONS);
  await Promise.all([once(secured, "secure"), once(far, "secureConnect")]);
  return { link, peer: new Peer(far), close: () => server.close() };
}

async function dialled(): Promise<Made> {
  const server = createTlsServer(PROOF).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const { port } = server.address() as { port: number };
  let socket!: TLSSocket;
  const link = new StreamLink((onread) => {
    const options = { host: "127.0.0.1", port, rejectUnauthorized: false, onread };
    socket = connect(options as ConnectionOptions);
    return socket;
  }, OPTIONS);
  const [[far]] = await Promise.all([connection, once(socket, "secureConnect")]);
  return { link, peer: new Peer(far), close: () => server.close() };
}

for (const [side, make] of Object.entries({ accepted, dialled })) {
  linkContract(`${side} tls`, {
    isBuffered: true,
    isStream: true,
    make: async () => {
      const { link, peer, close } = await make();
      return {
        link,
        close: () => {
          link.close();
          peer.destroy();
          close();
        },
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

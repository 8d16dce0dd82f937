/** A hand-made client and a hand-made switch of VDE's control protocol, of slow code of their own. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { eventually } from "./clock.js";
import { DatagramPeer } from "./datagram-peer.js";

/** A `struct sockaddr_un` of this little-endian machine. */
export function sockaddr(path: string): Buffer {
  const bytes = Buffer.alloc(110);
  bytes[0] = 1;
  bytes.write(path, 2);
  return bytes;
}

/** A request of version 3 or 1. */
export function vdeRequest(path: string, { version = 3, port = 0, description = "" } = {}): Buffer {
  const head = Buffer.alloc(version === 3 ? 12 : 14);
  head.writeUInt32LE(0xfeedface);
  if (version === 3) {
    head.writeUInt32LE(3, 4);
    head.writeUInt32LE(port << 8, 8);
  }
  return Buffer.concat([head, sockaddr(path), Buffer.from(`${description}\0`)]);
}

/** The path in an answer. */
export function answeredPath(bytes: Buffer): string {
  return bytes.toString("utf8", 2, bytes.indexOf(0, 2));
}

/** A client of the switch whose folder is `folder`. */
export class VdePeer {
  readonly control: Socket;
  readonly data: DatagramPeer;
  answer: Buffer = Buffer.alloc(0);
  closed = false;

  private constructor(control: Socket, data: DatagramPeer) {
    this.control = control;
    this.data = data;
    control.on("data", (piece) => {
      this.answer = Buffer.concat([this.answer, piece]);
    });
    control.on("error", () => undefined);
    control.on("close", () => {
      this.closed = true;
    });
  }

  /** Connects and binds, and asks for nothing yet. */
  static async connect(folder: string, path: string): Promise<VdePeer> {
    const control = await new Promise<Socket>((resolve, reject) => {
      const socket = connect({ path: `${folder}/ctl` }, () => resolve(socket));
      socket.once("error", reject);
    });
    return new VdePeer(control, DatagramPeer.bind(path));
  }

  /** Asks for a port and waits for it. */
  static async plug(
    folder: string,
    path: string,
    options: Parameters<typeof vdeRequest>[1] = {},
  ): Promise<VdePeer> {
    const peer = await VdePeer.connect(folder, path);
    peer.control.write(vdeRequest(path, options));
    await eventually(() => peer.answer.length >= 110 || peer.closed, "an answer");
    if (!peer.closed) peer.data.connect(peer.port);
    return peer;
  }

  /** Path of the switch's socket for this port. */
  get port(): string {
    return answeredPath(this.answer);
  }

  vanish(): void {
    this.control.destroy();
    this.data.vanish();
  }
}

/** A switch with one port at a time, which does what `answer` says with each request. */
export class FakeVdeSwitch {
  readonly #server: Server;
  readonly requests: Buffer[] = [];
  readonly data: DatagramPeer;
  readonly controls: Socket[] = [];

  private constructor(folder: string, answer: (control: Socket, data: string) => void) {
    const path = `${folder}/001.5`;
    this.data = DatagramPeer.bind(path);
    this.#server = createServer((control) => {
      this.controls.push(control);
      control.on("error", () => undefined);
      control.on("data", (piece) => {
        this.requests.push(piece);
        this.data.connect(answeredPath(piece.subarray(12)));
        answer(control, path);
      });
    });
    this.#server.listen(`${folder}/ctl`);
  }

  static async start(
    folder: string,
    answer: (control: Socket, data: string) => void = (control, data) => control.write(sockaddr(data)),
  ): Promise<FakeVdeSwitch> {
    const made = new FakeVdeSwitch(folder, answer);
    await eventually(() => made.#server.listening, "the switch");
    return made;
  }

  stop(): void {
    for (const control of this.controls) control.destroy();
    this.#server.close();
    this.data.vanish();
  }
}

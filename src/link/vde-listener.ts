/**
 * In place of a VDE switch: QEMU's `-netdev vde,sock=DIR`, UML, VirtualBox and vde_plug find the control socket that
 * they expect, and each has a port for as long as its connection there is open.
 */
import { statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { errnoOf, TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { unixAddress } from "../native/socket-address.js";
import { socketFd } from "./adopt-socket.js";
import { DatagramLink } from "./datagram.js";
import type { Link } from "./link.js";
import type { UnixPath } from "./unix-path.js";
import { releaseDatagramPath, removePath } from "./unixgram.js";
import { VdeFolder } from "./vde-folder.js";
import { type VdeRequest, VdeRequestReader } from "./vde-request.js";

/** Ports of one folder at once; so many numbers there are, too. */
const MOST_PORTS = 1_024;
/** Connections that have not said yet what they want. */
const MOST_ASKING = 64;
/** How long they may take. */
const REQUEST_MS = 5_000;

export interface VdeListenerEvents {
  /** Whether one more port may be made. */
  room(): boolean;
  /** A port of the number that the client has been given; `name` is who it says it is, or "". */
  accept(link: Link, port: number, name: string): void;
  /** A client could not be given a port; the others go on. */
  failed(error: Error): void;
}

export class VdeListener {
  readonly #folder: VdeFolder;
  readonly #events: VdeListenerEvents;
  readonly #server: Server;
  readonly #ports = new Map<number, DatagramLink>();
  readonly #controls = new Set<Socket>();
  #asking = 0;

  private constructor(folder: VdeFolder, events: VdeListenerEvents) {
    this.#folder = folder;
    this.#events = events;
    this.#server = createServer((control) => this.#take(control));
  }

  /** Serves a folder, in place of what a crash has left there. Rejects with `in-use`, `no-permission`, `usage`, `system`. */
  static async open(at: UnixPath, events: VdeListenerEvents): Promise<VdeListener> {
    const listener = new VdeListener(await VdeFolder.open(at), events);
    await listener.#listen();
    return listener;
  }

  /** Ends all ports and gives the folder back. */
  close(): void {
    this.#server.close();
    for (const control of this.#controls) control.destroy();
    for (const link of [...this.#ports.values()]) link.close();
    removePath(this.#folder.control);
    this.#folder.remove();
  }

  #listen(): Promise<void> {
    const path = this.#folder.control;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => {
        const what = `cannot listen on '${path}' (${errnoOf(cause) ?? ""})`;
        reject(new TapswitchError("system", what, { cause }));
      });
      this.#server.listen({ path }, () => {
        this.#server.on("error", (error) => this.#events.failed(error));
        try {
          this.#folder.giveAway(path, undefined);
          resolve();
        } catch (error) {
          this.#server.close();
          reject(error as Error);
        }
      });
    });
  }

  /** Reads one request; what a client says after it means nothing. */
  #take(control: Socket): void {
    control.on("error", () => control.destroy());
    if (this.#asking >= MOST_ASKING) {
      control.destroy();
      return;
    }
    const reader = new VdeRequestReader();
    this.#asking++;
    this.#controls.add(control);
    const late = setTimeout(() => control.destroy(), REQUEST_MS);
    let isAsking = true;
    const asked = (): void => {
      if (isAsking) this.#asking--;
      isAsking = false;
      clearTimeout(late);
    };
    control.on("data", (piece) => {
      if (isAsking && this.#feed(control, reader, piece)) asked();
    });
    control.on("close", () => {
      asked();
      this.#controls.delete(control);
    });
  }

  /** Whether the request is settled. */
  #feed(control: Socket, reader: VdeRequestReader, piece: Buffer): boolean {
    try {
      const request = reader.feed(piece);
      if (request === null) return false;
      this.#plug(control, request);
    } catch (error) {
      control.destroy();
      this.#events.failed(error as Error);
    }
    return true;
  }

  #plug(control: Socket, request: VdeRequest): void {
    const port = this.#freePort(request.port);
    if (port === null || !this.#events.room())
      throw new TapswitchError("full", `no free port for a client of the VDE socket ${this.#folder.path}`);
    const user = native().peerUser(socketFd(control));
    assertOwner(request.path, user);
    const path = this.#folder.data(port);
    const fd = native().openDatagram(unixAddress(path));
    try {
      connectTo(fd, request.path);
      this.#folder.giveAway(path, user);
    } catch (error) {
      releaseDatagramPath(fd, path);
      throw error;
    }
    this.#begin(control, { fd, port, path, name: request.description });
  }

  #begin(control: Socket, made: { fd: number; port: number; path: string; name: string }): void {
    const { fd, port, path, name } = made;
    const ended = (): void => {
      this.#ports.delete(port);
      control.destroy();
      removePath(path);
    };
    const peer = `${this.#folder.path} port ${port}${name === "" ? "" : ` (${name})`}`;
    const link = new DatagramLink({ kind: "vde", peer, fd, ended });
    this.#ports.set(port, link);
    control.on("close", () => link.close());
    this.#events.accept(link, port, name);
    control.write(unixAddress(path));
  }

  /** The wanted number where it is free, else the lowest that is. */
  #freePort(wanted: number): number | null {
    if (wanted > 0 && wanted <= MOST_PORTS && !this.#ports.has(wanted)) return wanted;
    for (let port = 1; port <= MOST_PORTS; port++) if (!this.#ports.has(port)) return port;
    return null;
  }
}

/** A client may have its frames sent to a socket of its own only: we may be allowed more than it is. */
function assertOwner(path: string, user: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() !== true || (user !== 0 && found.uid !== user))
    throw new TapswitchError(
      "no-permission",
      `a VDE client (user ${user}) wants its frames at '${path}', which is not its socket`,
    );
}

function connectTo(fd: number, path: string): void {
  const failed = native().connectDatagram(fd, unixAddress(path));
  if (failed === 0) return;
  const errno = getSystemErrorName(failed);
  throw new TapswitchError("unreachable", `cannot send to the VDE client's '${path}' (${errno})`);
}

/** The far end of a wire that this program dials: listens as a QEMU with `server=on` does, for one peer at a time. */
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { eventually } from "./clock.js";
import { Peer } from "./peers.js";
import { temporaryFolder } from "./server.js";

export class FarEnd {
  readonly path: string;
  /** All who have come, the last at the end. */
  readonly peers: Peer[] = [];
  #server: Server | null = null;

  private constructor(path: string) {
    this.path = path;
  }

  /** A path at which nobody listens yet. */
  static make(t: TestContext, name = "vm1.sock"): FarEnd {
    const end = new FarEnd(join(temporaryFolder(t), name));
    t.after(() => end.close());
    return end;
  }

  get url(): string {
    return `unix://${this.path}`;
  }

  /** Listens; resolves once it does. */
  open(): Promise<void> {
    this.#server = createServer({ noDelay: true }, (socket) => void this.peers.push(new Peer(socket)));
    return new Promise((resolve) => this.#server!.listen(this.path, resolve));
  }

  /** Goes away, with whoever is connected. */
  close(): void {
    this.#server?.close();
    this.#server = null;
    for (const peer of this.peers) peer.destroy();
  }

  /** Peer number `index`, counted from 0, once it has come. */
  async peer(index = 0): Promise<Peer> {
    await eventually(() => this.peers.length > index, `peer ${index} at ${this.path}`);
    return this.peers[index]!;
  }
}

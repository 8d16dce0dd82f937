/**
 * A link of one's own: an Ethernet frame in each UDP datagram, which is also what QEMU's `-netdev dgram` has. Two switches
 * in one process are joined by it. What one of them lets in is up to a policy of its own.
 *
 *     npm run build && node dist/examples/udp-link.js
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  createSwitch,
  framesIn,
  type Link,
  type LinkEvents,
  MemoryLink,
  type Policy,
  type Sent,
  toRecords,
} from "tapswitch";

class UdpLink implements Link {
  readonly kind = "udp";
  readonly peer: string;
  /** Without fragments on a wire of 1,500 bytes: 20 of IPv4 and 8 of UDP go off. */
  readonly capabilities = { maxFrame: 1_472, offload: 0 };
  readonly #socket: Socket;
  readonly #port: number;
  #events: LinkEvents | null = null;
  #paused = false;

  constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    this.peer = `127.0.0.1:${port}`;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#socket.on("message", (frame) => {
      // What comes while the switch has paused the link is lost, as on a wire. An empty datagram is no frame.
      if (this.#paused || frame.length < 14) return;
      const bytes = toRecords([frame]);
      this.#events?.batch({ bytes, start: 0, end: bytes.length });
    });
    this.#socket.on("error", (error) => this.close(error));
  }

  /** The kernel copies a datagram or drops it, so that this is never "full". */
  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#events === null) return "done";
    for (const frame of framesIn({ bytes, start, end })) this.#socket.send(frame, this.#port, "127.0.0.1");
    return "done";
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(error?: Error): void {
    const events = this.#events;
    if (events === null) return;
    this.#events = null;
    this.#socket.close();
    // Never from within a call: the switch may be half way through a batch.
    queueMicrotask(() => events.close(error));
  }
}

/** Lets in ARP and IPv4; the counter of what it refuses is called "acl". */
const onlyIpv4: Policy = {
  admit: (_port, frame) => {
    const type = frame.bytes.readUInt16BE(frame.frameStart + 12);
    return type === 0x0800 || type === 0x0806 ? null : "acl";
  },
};

async function socketOnLoopback(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

const [one, other] = [await socketOnLoopback(), await socketOnLoopback()];
const ports = [one.address().port, other.address().port] as const;
const here = createSwitch({ name: "here" });
const there = createSwitch({ name: "there" });
here.attach(new UdpLink(one, ports[1]), { name: "to-there" });
there.attach(new UdpLink(other, ports[0]), { name: "to-here", policies: [onlyIpv4] });

const [alice, aliceJack] = MemoryLink.pair();
const [bob, bobJack] = MemoryLink.pair();
here.attach(aliceJack, { name: "alice" });
there.attach(bobJack, { name: "bob" });

const nothing = (): void => undefined;
alice.start({ batch: nothing, drain: nothing, dropped: nothing, close: nothing });
const heard = new Promise<void>((resolve) => {
  bob.start({
    batch: (batch) => {
      for (const frame of framesIn(batch)) console.log(`bob hears ${frame.toString("hex", 0, 14)}`);
      resolve();
    },
    ...{ drain: nothing, dropped: nothing, close: nothing },
  });
});

/** To everyone, from Alice, with this EtherType. */
const frame = (type: string): Buffer =>
  Buffer.from(`ffffffffffff020000000001${type}${"00".repeat(46)}`, "hex");
const batch = toRecords([frame("86dd"), frame("0806")]);
alice.send(batch, 0, batch.length);
await heard;

for (const { name, counters } of there.snapshot().ports)
  console.log(`${name}: ${counters.framesIn} in, ${counters.framesOut} out, ${counters.drops.acl} refused`);
here.close();
there.close();

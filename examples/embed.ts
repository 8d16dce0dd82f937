/**
 * A switch inside a program: two hosts on in-memory links, and a TCP listener that lets a third one in, which could as
 * well be a QEMU (`-netdev stream,id=n,addr.type=inet,addr.host=127.0.0.1,addr.port=PORT`) or a `tapswitch join`.
 *
 *     npm run build && node dist/examples/embed.js
 */
import {
  createLog,
  dial,
  FrameCursor,
  formatMac,
  type Link,
  MemoryLink,
  parseEndpoint,
  parseServeConfig,
  RECORD_HEADER,
  RecordKind,
  Server,
  writeHeader,
} from "tapswitch";

const BROADCAST = "ffffffffffff";
const ALICE = "020000000001";
const BOB = "020000000002";
const CAROL = "020000000003";

/** A record that holds one frame with some text. EtherType 88b5 is for experiments. */
function record(to: string, from: string, text: string): Buffer {
  const frame = Buffer.concat([Buffer.from(`${to}${from}88b5`, "hex"), Buffer.from(text.padEnd(46))]);
  const bytes = Buffer.alloc(RECORD_HEADER + frame.length);
  writeHeader(bytes, 0, RecordKind.frame, frame.length);
  frame.copy(bytes, RECORD_HEADER);
  return bytes;
}

/** A host on one end of a link: says things, and prints what it hears. */
class Host {
  readonly #name: string;
  readonly #mac: string;
  readonly #link: Link;
  #heard: () => void = () => undefined;

  constructor(name: string, mac: string, link: Link) {
    this.#name = name;
    this.#mac = mac;
    this.#link = link;
    link.start({
      batch: ({ bytes, start, end }) => this.#listen(bytes, start, end),
      drain: () => undefined,
      dropped: () => undefined,
      close: () => undefined,
    });
  }

  say(to: string, text: string): void {
    const bytes = record(to, this.#mac, text);
    // "full" would mean: not taken, say it again after `drain`.
    this.#link.send(bytes, 0, bytes.length);
  }

  /** Resolves when the next frame has come. */
  hears(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  #listen(bytes: Buffer, start: number, end: number): void {
    const frame = new FrameCursor();
    for (frame.open(bytes, start, end); frame.next(); ) {
      const from = formatMac({ high: frame.sourceHigh, low: frame.sourceLow });
      const text = bytes.toString("utf8", frame.frameStart + 14, frame.recordEnd).trimEnd();
      console.log(`${this.#name} hears from ${from}: ${text}`);
    }
    this.#heard();
  }
}

// The server writes its log where we say; everything else it does is in its snapshots.
const log = createLog({ level: "warn", json: false, write: (line) => process.stderr.write(line) });
const server = new Server(parseServeConfig({ listen: ["tcp://127.0.0.1:0"], network: ["lab"] }), log);
await server.start();
console.log(`listening on ${server.bound[0]?.replace(/\d+$/, "PORT")}`);

// A cable has two ends: one in the switch, one at the host.
const lab = server.network("lab")!.switch;
const [aliceEnd, aliceJack] = MemoryLink.pair();
const [bobEnd, bobJack] = MemoryLink.pair();
lab.attach(aliceJack, { name: "alice" });
lab.attach(bobJack, { name: "bob" });
const alice = new Host("alice", ALICE, aliceEnd);
const bob = new Host("bob", BOB, bobEnd);

// Carol comes over TCP, as a raw peer: frames and nothing else.
const carolLink = await dial(parseEndpoint(server.bound[0]!));
const carol = new Host("carol", CAROL, carolLink);

// Nobody knows where anybody is yet, so this goes to all; the switch learns where Carol is.
const greeted = Promise.all([alice.hears(), bob.hears()]);
carol.say(BROADCAST, "hello, everyone");
await greeted;

// This goes to Carol alone, and her answer to Bob alone.
const called = carol.hears();
bob.say(CAROL, "hello, Carol");
await called;
const answered = bob.hears();
carol.say(BOB, "hello, Bob");
await answered;

for (const { name, kind, macs, counters } of lab.snapshot().ports) {
  const { framesIn, framesOut, floods } = counters;
  console.log(
    `port ${name} (${kind}): ${framesIn} in, ${framesOut} out, ${floods} flooded, ${macs} addresses`,
  );
}
carolLink.close();
await server.stop();

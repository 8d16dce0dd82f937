/** Large segments over an interface, between two of them on one cable: the kernel moves their tags out and in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NicDevice } from "../../src/link/nic-device.js";
import { ip, kernelTests } from "../native/namespace.js";
import { eventually } from "../support/clock.js";
import { largeRecord, noise, recordsOf, tcpSpec } from "../support/frames-offload.js";

const TAGS = [[], [0x8100], [0x88a8], [0x88a8, 0x8100]];
const LARGE = 1_600;

kernelTests(import.meta.url, () => {
  let [near, far]: (NicDevice | undefined)[] = [];
  const came: { kind: number; payload: Buffer }[] = [];
  const room = Buffer.alloc(1 << 20);
  const send = (bytes: Buffer): void => near!.write(bytes, 0, bytes.length);
  /** What is no segment comes from the kernel itself. */
  const segments = (): typeof came => came.filter(({ payload }) => payload.length > LARGE);

  before(async () => {
    ip("link add cable0 type veth peer name cable1");
    [near, far] = ["cable0", "cable1"].map((name) => NicDevice.open(name));
    far!
      .watch(() => {
        const end = far!.read(room, 0);
        came.push(...recordsOf(Buffer.from(room.subarray(0, end))));
      })
      .start();
    // The kernel takes its time to notice the cable.
    const first = largeRecord(tcpSpec({ payload: noise(2_000, 99) }), 1_400);
    await eventually(() => {
      if (segments().length === 0) send(first);
      return segments().length > 0;
    }, "the first segment");
    const last = largeRecord(tcpSpec({ payload: noise(2_001, 99) }), 1_400);
    send(last);
    await eventually(() => segments().at(-1)!.payload.length === last.length - 4, "the last one of these");
  });

  after(() => {
    near?.release();
    far?.release();
  });

  for (const version of [4, 6] as const)
    for (const tags of TAGS)
      test(`a segment of TCP/IPv${version} with ${tags.length} tags (${tags}) comes whole`, async () => {
        const sent = largeRecord(tcpSpec({ version, tags, payload: noise(30_000, version) }), 1_400);
        came.length = 0;
        send(sent);
        await eventually(() => segments().length > 0, "the segment");
        assert.deepEqual(segments(), recordsOf(sent));
      });
});

/**
 * What every kind of link promises (`src/link/link.ts`), as one suite:
 *
 *     linkContract("tap", { make: async () => ({ link, far, close }), sizes: [14, 60, 1514] });
 *
 * `make` gives a fresh link that is not yet started and something that drives its far end. Frames of the suite carry
 * an EtherType for experiments, and only those count, so that a kernel may add frames of its own.
 */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Batch, Link, Sent } from "../../src/link/link.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, mac, records, split } from "../support/peers.js";
import { ours, WatchedLink } from "./watched-link.js";

/** The other side of the link under test. */
export interface FarEnd {
  /** Sends frames towards the link. */
  send(frames: readonly Buffer[]): void;
  /** The frames that have come out of the link, whole and in order. */
  frames(): readonly Buffer[];
  /** Goes away without a word. */
  vanish(): void;
  /** Stops taking what the link sends, and takes it again: where `isBuffered`. */
  stall?(stalled: boolean): void;
  /** Sends these bytes and goes away: where `isStream`. */
  sendBytesAndVanish?(bytes: Buffer): void;
}

export interface LinkUnderTest {
  readonly link: Link;
  readonly far: FarEnd;
  close(): void | Promise<void>;
}

export interface LinkContractOptions {
  make(): Promise<LinkUnderTest>;
  /** Frame lengths that it must carry. */
  readonly sizes?: readonly number[];
  /** Refuses a send while an earlier one is unfinished: where the far end takes nothing. */
  readonly isBuffered?: boolean;
  /** The carrier is a stream of bytes, which may end anywhere. */
  readonly isStream?: boolean;
  /** Nothing ever tells that the far end has gone, or that it will not come back. */
  readonly vanishesUnnoticed?: boolean;
  /** Frames may be lost on the way in while it is paused. */
  readonly losesWhilePaused?: boolean;
}

const ALL_SIZES = [14, 59, 60, 1_514, 9_014, 65_535, 69_632];
const NEAR = mac(1);
const FAR = mac(2);

export function linkContract(kind: string, options: LinkContractOptions): void {
  const sizes = options.sizes ?? ALL_SIZES;
  const fits = (length: number): number => Math.min(length, Math.max(...sizes));
  const whereBuffered = options.isBuffered ? it : not;
  const whereStream = options.isStream ? it : not;
  const made: LinkUnderTest[] = [];

  async function start(onBatch?: (batch: Batch) => void): Promise<{ watched: WatchedLink; far: FarEnd }> {
    const under = await options.make();
    made.push(under);
    const watched = new WatchedLink(under.link, onBatch);
    watched.start();
    return { watched, far: under.far };
  }

  describe(`${kind} link`, () => {
    afterEach(async () => {
      for (const under of made.splice(0)) {
        under.link.close();
        await under.close();
      }
    });

    for (const length of sizes) {
      it(`carries a frame of ${length} bytes out and in`, async () => {
        const { watched, far } = await start();
        const out = frame({ to: FAR, from: NEAR, length, salt: length });
        const into = frame({ to: NEAR, from: FAR, length, salt: length + 1 });
        await watched.sendAll(records(out));
        far.send([into]);
        await eventually(() => ours(far.frames()).length > 0 && watched.frames.length > 0, "both frames");
        assert.deepEqual(ours(far.frames()), [out]);
        assert.deepEqual(watched.frames, [into]);
      });
    }

    it("has read all that it will read of a buffer whose send is done", async () => {
      const { watched, far } = await start();
      const sent = Array.from({ length: 400 }, (_, salt) =>
        frame({ to: FAR, from: NEAR, length: fits(60 + ((salt * 97) % 1_400)), salt }),
      );
      await watched.sendOverwriting(sent.map((one) => records(one)));
      await eventually(() => ours(far.frames()).length === sent.length, "every frame");
      assert.deepEqual(ours(far.frames()), sent);
    });

    whereBuffered(
      "has taken what the far end does not yet take, and leaves a refused send whole",
      async () => {
        const { watched, far } = await start();
        far.stall!(true);
        const sent = Array.from({ length: 40 }, (_, salt) =>
          frame({ to: FAR, from: NEAR, length: fits(60_000 + salt * 97), salt }),
        );
        // More than any socket buffer holds.
        const rounds = Math.ceil(24_000_000 / (sent.length * fits(60_000)));
        const sending = watched.sendOverwriting(
          Array.from({ length: rounds }, () => sent.map((one) => records(one))).flat(),
        );
        await eventually(() => watched.refusals > 0, "a refusal");
        far.stall!(false);
        await sending;
        await eventually(() => far.frames().length >= rounds * sent.length, "every frame");
        for (const [index, one] of ours(far.frames()).entries()) {
          assert.ok(one.equals(sent[index % sent.length]!), `frame ${index} has changed`);
        }
      },
    );

    it("lends a batch that is sent back over the same link from within the call", async () => {
      const { watched, far } = await start(({ bytes, start: from, end }) => {
        assert.equal(watched.send(bytes, from, end), "done");
      });
      const sent = Array.from({ length: 40 }, (_, salt) =>
        frame({ to: NEAR, from: FAR, length: fits(1_514), salt }),
      );
      for (const [salt, one] of sent.entries()) {
        far.send([one]);
        await eventually(() => watched.frames.length === salt + 1, "the frame");
      }
      await eventually(() => ours(far.frames()).length === sent.length, "every frame back");
      assert.deepEqual(ours(far.frames()), sent);
    });

    it("hands on what came before it was started, but not from within the start", async () => {
      const under = await options.make();
      made.push(under);
      const early = frame({ to: NEAR, from: FAR });
      under.far.send([early]);
      await quiet(20);
      const watched = new WatchedLink(under.link);
      watched.start();
      if (options.losesWhilePaused) under.far.send([early]);
      await eventually(() => watched.frames.length > 0, "the frame");
      assert.deepEqual(watched.frames[0], early);
    });

    it("hands on whole records only", async () => {
      const { watched, far } = await start();
      const sent = Array.from({ length: 300 }, (_, salt) =>
        frame({ to: NEAR, from: FAR, length: fits(14 + ((salt * 131) % 3_000)), salt }),
      );
      for (let at = 0; at < sent.length; at += 30) {
        far.send(sent.slice(at, at + 30));
        await eventually(() => watched.frames.length === at + 30, "the frames");
      }
      assert.deepEqual(watched.frames, sent);
    });

    whereBuffered("refuses while a send is unfinished, and says when it is free", async () => {
      const { watched, far } = await start();
      far.stall!(true);
      const batch = records(frame({ to: FAR, from: NEAR, length: fits(9_014), salt: 7 }));
      let taken = 0;
      while (taken < 20_000 && watched.send(batch, 0, batch.length) === "done") taken++;
      assert.ok(taken < 20_000, "the far end takes nothing, so some send must stay unfinished");
      assert.equal(watched.send(batch, 0, batch.length), "full");
      assert.equal(watched.drains, 0);
      far.stall!(false);
      await eventually(() => watched.drains === 1, "drain");
      await eventually(() => ours(far.frames()).length === taken, "all that was taken");
      assert.equal(watched.drains, 1, "one drain, however often it refused");
      assert.equal(watched.send(batch, 0, batch.length), "done");
      await eventually(() => ours(far.frames()).length === taken + 1, "the last one");
    });

    it("does not drain where nothing was refused", async () => {
      const { watched, far } = await start();
      const batch = records(frame({ to: FAR, from: NEAR }));
      assert.equal(watched.send(batch, 0, batch.length), "done");
      await eventually(() => ours(far.frames()).length === 1, "the frame");
      await quiet(20);
      assert.equal(watched.drains, 0);
    });

    it("is silent while it is paused, but for what was on its way, and goes on where it stopped", async () => {
      const { watched, far } = await start();
      watched.call(() => watched.link.pause());
      const sent = [1, 2, 3, 4].map((salt) => frame({ to: NEAR, from: FAR, salt }));
      far.send(sent.slice(0, 1));
      await quiet(30);
      const early = watched.frames.length;
      far.send(sent.slice(1));
      await quiet(30);
      assert.equal(watched.frames.length, early);
      watched.call(() => watched.link.resume());
      const last = frame({ to: NEAR, from: FAR, salt: 5 });
      far.send([last]);
      await eventually(() => watched.frames.at(-1)?.equals(last) === true, "the frames");
      if (!options.losesWhilePaused) assert.deepEqual(watched.frames, [...sent, last]);
    });

    it("still sends while it is paused", async () => {
      const { watched, far } = await start();
      watched.call(() => watched.link.pause());
      const one = frame({ to: FAR, from: NEAR });
      await watched.sendAll(records(one));
      await eventually(() => ours(far.frames()).length === 1, "the frame");
    });

    it("says once that it has ended, however often it is closed", async () => {
      const { watched } = await start();
      const reason = new Error("enough");
      watched.call(() => watched.link.close(reason));
      watched.call(() => watched.link.close(new Error("another")));
      assert.equal(watched.closes.length, 0, "not from within close");
      await eventually(() => watched.closes.length > 0, "the close event");
      watched.call(() => watched.link.close());
      await quiet(30);
      assert.deepEqual(watched.closes, [reason]);
    });

    it("takes calls of every kind after its end, and does nothing", async () => {
      const { watched } = await start();
      watched.call(() => watched.link.close());
      const batch = records(frame());
      assert.equal(watched.send(batch, 0, batch.length), "done");
      await eventually(() => watched.closes.length === 1, "the close event");
      assert.equal(watched.send(batch, 0, batch.length), "done");
      watched.call(() => watched.link.pause());
      watched.call(() => watched.link.resume());
      await quiet(20);
      assert.equal(watched.closes.length, 1);
    });

    it("hands on nothing more once it was closed from within a batch", async () => {
      const batches: number[] = [];
      const { watched, far } = await start(() => {
        batches.push(1);
        if (batches.length === 1) watched.link.close();
      });
      for (let salt = 0; salt < 20; salt++) far.send([frame({ to: NEAR, from: FAR, salt })]);
      await eventually(() => watched.closes.length === 1, "the close event");
      await quiet(20);
      assert.equal(batches.length, 1);
      assert.equal(watched.afterClose, 0);
    });

    const whereNoticed = options.vanishesUnnoticed ? not : it;
    whereNoticed("ends once when the far end vanishes", async () => {
      const { watched, far } = await start();
      far.vanish();
      await eventually(() => watched.closes.length > 0, "the close event");
      await quiet(20);
      assert.equal(watched.closes.length, 1);
    });

    whereBuffered("ends once when the far end vanishes under an unfinished send", async () => {
      const { watched, far } = await start();
      far.stall!(true);
      const batch = records(frame({ to: FAR, from: NEAR, length: fits(65_535) }));
      for (let sent: Sent = "done"; sent === "done"; ) sent = watched.send(batch, 0, batch.length);
      far.vanish();
      await eventually(() => watched.closes.length > 0, "the close event");
      await quiet(20);
      assert.equal(watched.closes.length, 1);
      assert.equal(watched.afterClose, 0);
    });

    whereStream("survives the far end's death at any byte", async () => {
      const frames = [14, 60, 200].map((length, salt) => frame({ to: NEAR, from: FAR, length, salt }));
      const bytes = records(...frames);
      for (let cut = 0; cut <= bytes.length; cut += cut < 24 ? 1 : 17) {
        const { watched, far } = await start();
        far.sendBytesAndVanish!(bytes.subarray(0, cut));
        await eventually(() => watched.closes.length > 0, "the close event");
        const { records: whole, rest } = split(bytes.subarray(0, cut));
        assert.deepEqual(
          watched.frames,
          whole.map(({ payload }) => payload),
          `cut at ${cut}`,
        );
        assert.equal(watched.closes[0] === undefined, rest.length === 0, `cut at ${cut}`);
      }
    });
  });
}

/** In place of a test that does not concern this kind of link; skipping it would look like a fault. */
function not(_title: string, _test: () => Promise<void>): void {
  return;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamLink } from "../../src/link/stream.js";
import { Liveness } from "../../src/session/liveness.js";
import { Session } from "../../src/session/session.js";
import { ManualClock } from "../support/clock.js";
import { FedSocket, frame, message, records } from "../support/peers.js";

function make(clock: ManualClock, liveness: Liveness) {
  const socket = new FedSocket();
  const link = new StreamLink(socket.open, { kind: "tcp", peer: "test" });
  const session = new Session(link, { clock, offload: 0, heard: (one) => liveness.heard(one) });
  session.start({
    batch: () => undefined,
    drain: () => undefined,
    dropped: () => undefined,
    close: () => undefined,
  });
  liveness.heard(session);
  return { socket, session };
}

test("takes out those who have been silent for the limit, once", () => {
  const clock = new ManualClock();
  const liveness = new Liveness(10_000);
  const silent = make(clock, liveness);
  const lively = make(clock, liveness);
  clock.advance(9_999);
  lively.socket.feed(records(frame()));
  assert.deepEqual(liveness.expired(clock.now()), []);
  clock.advance(1);
  assert.deepEqual(liveness.expired(clock.now()), [silent.session]);
  assert.deepEqual(liveness.expired(clock.now()), []);
});

test("a frame, a message and a single byte are signs of life", () => {
  const clock = new ManualClock();
  const liveness = new Liveness(10_000);
  const peers = [records(frame()), message({ type: "ping", time: 1 }), Buffer.from([0])].map((sign) => ({
    sign,
    ...make(clock, liveness),
  }));
  for (let turn = 0; turn < 3; turn++) {
    clock.advance(7_000);
    // The last peer's bytes are the beginning of one long record.
    for (const { socket, sign } of peers) socket.feed(sign);
    assert.deepEqual(liveness.expired(clock.now()), []);
  }
});

test("knows to the millisecond when somebody was last heard, however often", () => {
  const clock = new ManualClock();
  const liveness = new Liveness(300);
  const { socket, session } = make(clock, liveness);
  for (let turn = 0; turn < 100; turn++) {
    clock.advance(100);
    socket.feed(records(frame()));
    assert.equal(session.heardAt, clock.now());
    assert.deepEqual(liveness.expired(clock.now()), []);
  }
  clock.advance(299);
  assert.deepEqual(liveness.expired(clock.now()), []);
  clock.advance(1);
  assert.deepEqual(liveness.expired(clock.now()), [session]);
});

test("finds the silent ones among many lively ones soon after the limit", () => {
  const clock = new ManualClock();
  const liveness = new Liveness(10_000);
  const peers = Array.from({ length: 50 }, () => make(clock, liveness));
  const expired = new Map<Session, number>();
  const begun = clock.now();
  for (let turn = 0; turn < 120; turn++) {
    clock.advance(100);
    for (const [index, { socket }] of peers.entries()) {
      if (index % 10 !== 0 && (turn + index) % 7 === 0) socket.feed(records(frame()));
    }
    for (const session of liveness.expired(clock.now())) expired.set(session, clock.now() - begun);
  }
  assert.deepEqual(
    [...expired.keys()],
    peers.filter((_, index) => index % 10 === 0).map(({ session }) => session),
  );
  for (const after of expired.values()) assert.ok(after >= 10_000 && after <= 11_000, `${after} ms`);
});

test("forgets those who have left", () => {
  const clock = new ManualClock();
  const liveness = new Liveness(10_000);
  const { session } = make(clock, liveness);
  liveness.forget(session);
  clock.advance(20_000);
  assert.deepEqual(liveness.expired(clock.now()), []);
});

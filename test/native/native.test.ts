import assert from "node:assert/strict";
import { closeSync, constants, openSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { errnoOf } from "../../src/errors.js";
import { native, READ_ROOM, TapState } from "../../src/native/native.js";

const code = (expected: string) => (error: unknown) => errnoOf(error) === expected;

function state(fd: number, vnet = 0): Int32Array {
  const words = new Int32Array(TapState.words);
  words[TapState.fd] = fd;
  words[TapState.vnet] = vnet;
  return words;
}

test("names the errno of a failed system call", () => {
  assert.throws(() => native().closeDescriptor(-1), code("EBADF"));
  assert.throws(() => native().openTap("a-name-that-is-too-long", 0, 1), code("EINVAL"));
  assert.throws(() => native().setInterface("no-such-dev", "mtu", 1500), code("ENODEV"));
  assert.throws(() => native().addAddress("lo", "10.0.0.1", 33), code("EINVAL"));
  assert.throws(() => native().addAddress("lo", "10.0.0", 24), code("EINVAL"));
  assert.throws(() => native().setSocketOption(0, "TCP_NOTHING" as "TCP_QUICKACK", 1), code("ENOPROTOOPT"));
  assert.throws(() => native().readBatch(state(-1), Buffer.alloc(READ_ROOM), 0, READ_ROOM), code("EBADF"));
});

test("refuses arguments that do not fit", () => {
  const { readBatch, writeBatch, openTap, Watch } = native();
  const bytes = Buffer.alloc(8);
  assert.throws(() => (openTap as unknown as () => void)(), TypeError);
  assert.throws(() => openTap(7 as unknown as string, 0, 1), TypeError);
  assert.throws(() => openTap("x".repeat(1000), 0, 1), RangeError);
  assert.throws(() => readBatch(new Int32Array(2), bytes, 0, 8), RangeError);
  assert.throws(() => readBatch(bytes as unknown as Int32Array, bytes, 0, 8), TypeError);
  for (const [start, end] of [
    [-1, 8],
    [0, 9],
    [5, 4],
    [2 ** 31, 2 ** 31],
  ] as const) {
    assert.throws(() => writeBatch(state(-1), bytes, start, end), RangeError);
  }
  assert.throws(() => new Watch(0, 7 as unknown as () => void), TypeError);
  assert.throws(() => Watch.prototype.start.call({}), TypeError);
});

test("reads what the kernel knows of an interface", () => {
  const facts = native().getInterface("lo");
  assert.equal(facts?.index, 1);
  assert.equal(facts?.mac, "00:00:00:00:00:00");
  assert.equal(native().getInterface("no-such-device"), null);
  assert.deepEqual(native().getAddresses("no-such-device"), []);
});

test("sets TCP options on a socket's descriptor", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const fd = (server as unknown as { _handle: { fd: number } })._handle.fd;
  for (const [option, value] of [
    ["TCP_NOTSENT_LOWAT", 65_536],
    ["TCP_USER_TIMEOUT", 10_000],
    ["TCP_KEEPIDLE", 5],
    ["TCP_KEEPINTVL", 2],
    ["SO_KEEPALIVE", 1],
  ] as const) {
    native().setSocketOption(fd, option, value);
    assert.equal(native().getSocketOption(fd, option), value, option);
  }
  server.close();
});

test("any bytes in any range are written as frames or counted", () => {
  // /dev/null takes every frame, so this is about records only; the kernel's own view is in tap.test.ts.
  const fd = openSync("/dev/null", constants.O_RDWR);
  const bytes = Buffer.alloc(4096);
  for (let round = 0; round < 20_000; round++) {
    if (round % 50 === 0)
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() < 0.7 ? 0 : Math.random() * 256;
    const start = Math.floor(Math.random() * bytes.length);
    const end = start + Math.floor(Math.random() * (bytes.length - start + 1));
    native().writeBatch(state(fd, round % 2), bytes, start, end);
  }
  closeSync(fd);
});

test("counts a record that is cut, empty, too short or of a kind the device cannot carry", () => {
  const fd = openSync("/dev/null", constants.O_RDWR);
  const outcome = (hex: string, vnet: 0 | 1) => {
    const bytes = Buffer.from(hex, "hex");
    const words = state(fd, vnet);
    native().writeBatch(words, bytes, 0, bytes.length);
    return { malformed: words[TapState.malformed], refused: words[TapState.refused] };
  };
  const frame = "00".repeat(24);
  const good = { malformed: 0, refused: 0 };
  assert.deepEqual(outcome(`00000018${frame}`, 0), good);
  assert.deepEqual(outcome(`01000018${frame}`, 1), good);
  assert.deepEqual(outcome(`00000019${frame}`, 0), { malformed: 1, refused: 0 }, "cut");
  assert.deepEqual(outcome("000000", 0), { malformed: 1, refused: 0 }, "cut header");
  assert.deepEqual(outcome("00000000", 0), { malformed: 1, refused: 0 }, "empty");
  assert.deepEqual(outcome(`0000000d${"00".repeat(13)}`, 0), { malformed: 1, refused: 0 }, "too short");
  assert.deepEqual(
    outcome(`01000017${"00".repeat(23)}`, 1),
    { malformed: 1, refused: 0 },
    "too short for kind 1",
  );
  assert.deepEqual(outcome(`01000018${frame}`, 0), { malformed: 0, refused: 1 }, "kind 1 without vnet");
  assert.deepEqual(outcome(`02000018${frame}00000018${frame}`, 1), { malformed: 0, refused: 1 }, "kind 2");
  closeSync(fd);
});

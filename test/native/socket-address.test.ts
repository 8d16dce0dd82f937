import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import fc from "fast-check";
import { DatagramState, native } from "../../src/native/native.js";
import {
  ipAddress,
  MAX_UNIX_PATH,
  UNIX_ADDRESS,
  unixAddress,
  unixPath,
} from "../../src/native/socket-address.js";
import { check } from "../support/generated.js";
import { frame, records } from "../support/peers.js";

test("a path's address has the kernel's size, and the path can be read out of it again", () => {
  for (const path of ["/run/x", `/${"y".repeat(MAX_UNIX_PATH - 1)}`]) {
    assert.equal(unixAddress(path).length, UNIX_ADDRESS);
    assert.equal(unixPath(unixAddress(path)), path);
  }
  assert.equal(unixAddress("").length, 2);
  assert.equal(unixPath(unixAddress("")), null);
});

test("an address of another family, or without a path, names none", () => {
  assert.equal(unixPath(ipAddress("127.0.0.1", 1)), null);
  assert.equal(unixPath(Buffer.from("0100006162", "hex")), null, "an abstract one");
  assert.equal(unixPath(Buffer.alloc(0)), null);
});

test("generated: any bytes are an address's path or none", () => {
  check(fc.property(fc.uint8Array({ maxLength: 128 }), (bytes) => void unixPath(bytes)));
});

test("an IP address is written as its standard says", () => {
  assert.equal(ipAddress("192.0.2.1", 9_621).toString("hex", 2), "2595c00002010000000000000000");
  for (const [host, bytes] of [
    ["::1", "00000000000000000000000000000001"],
    ["2001:db8::1:0:2", "20010db8000000000000000100000002"],
    ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
    ["fe80::", "fe800000000000000000000000000000"],
  ] as const)
    assert.equal(ipAddress(host, 1).toString("hex", 8, 24), bytes, host);
});

test("the kernel sends to an IP address as it is written here", async () => {
  for (const [type, host] of [
    ["udp4", "127.0.0.1"],
    ["udp6", "::1"],
  ] as const) {
    const socket = createSocket(type);
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    const came = new Promise<Buffer>((resolve) => socket.once("message", resolve));
    const to = ipAddress(host, socket.address().port);
    const state = new Int32Array(DatagramState.words);
    state[DatagramState.fd] = native().openDatagram(to.subarray(0, 2));
    state[DatagramState.limit] = 2_000;
    const bytes = records(frame());
    assert.equal(native().sendDatagrams(state, bytes, 0, bytes.length, to), bytes.length);
    assert.deepEqual(await came, frame());
    native().closeSocket(state[DatagramState.fd]!);
    socket.close();
  }
});

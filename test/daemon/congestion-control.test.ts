import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { beginUnpaced, chooseCongestionControl } from "../../src/daemon/congestion-control.js";
import { listeningFd, socketFd } from "../../src/link/adopt-socket.js";
import { native } from "../../src/native/native.js";

const AVAILABLE = readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8");
const DEFAULT = readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim();
const skip = /\bbbr\b/.test(AVAILABLE) ? false : "this kernel has no BBR";

/** Both ends of a connection over the loopback interface, accepted by a listener that `prepare` has seen. */
async function connected(context: TestContext, prepare: (fd: number) => void): Promise<[Socket, Socket]> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  prepare(listeningFd(server));
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [Socket];
  context.after(() => {
    for (const end of [near, far, server]) "destroy" in end ? end.destroy() : end.close();
  });
  return [near, far];
}

describe("congestion control", { skip }, () => {
  const { getCongestionControl, setCongestionControl, roundTripTime } = native();

  test("a listener's connections begin without pacing", async (context) => {
    const [, far] = await connected(context, (fd) => {
      assert.ok(setCongestionControl(fd, "bbr"));
      beginUnpaced(fd);
    });
    assert.match(getCongestionControl(socketFd(far)), /^(cubic|reno)$/);
  });

  test("on a short path BBR gives way", async (context) => {
    const [near] = await connected(context, () => undefined);
    const fd = socketFd(near);
    assert.ok(setCongestionControl(fd, "bbr"));
    assert.ok(roundTripTime(fd) > 0);
    chooseCongestionControl(fd, 200);
    assert.match(getCongestionControl(fd), /^(cubic|reno)$/);
  });

  test("on a short path a choice that does not pace is left alone", async (context) => {
    const [near] = await connected(context, () => undefined);
    const fd = socketFd(near);
    assert.ok(setCongestionControl(fd, "reno"));
    chooseCongestionControl(fd, 200);
    assert.equal(getCongestionControl(fd), "reno");
  });

  test("on a long path the system's default comes back", async (context) => {
    const [, far] = await connected(context, beginUnpaced);
    const fd = socketFd(far);
    chooseCongestionControl(fd, 30_000);
    assert.equal(getCongestionControl(fd), DEFAULT);
  });

  test("answers false for one that the kernel does not have", async (context) => {
    const [near] = await connected(context, () => undefined);
    assert.equal(setCongestionControl(socketFd(near), "nonesuch"), false);
  });
});

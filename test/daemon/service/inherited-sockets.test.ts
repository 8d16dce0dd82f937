import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  claimSockets,
  type InheritedSocket,
  inheritedSockets,
} from "../../../src/daemon/service/inherited-sockets.js";
import { TapswitchError } from "../../../src/errors.js";
import type { ListeningAt } from "../../../src/native/native.js";
import { streamListener } from "../../support/endpoints.js";
import { check } from "../../support/generated.js";

const socket = (name: string, at: ListeningAt, fd = 3): InheritedSocket => ({ fd, name, at });
const port9621 = socket("tapswitch.socket", { host: "::", port: 9_621 });

function claim(urls: string[], ...sockets: InheritedSocket[]) {
  return claimSockets(urls.map(streamListener), sockets).map(({ fd }) => fd);
}

function refusal(urls: string[], ...sockets: InheritedSocket[]): string {
  try {
    claim(urls, ...sockets);
  } catch (error) {
    assert.ok(error instanceof TapswitchError && error.code === "usage", String(error));
    return error.message;
  }
  throw new Error("nothing was refused");
}

describe("an inherited socket", () => {
  test("stands for the listener of its address, however that is written", () => {
    assert.deepEqual(claim(["tls://[::]:9621"], port9621), [3]);
    assert.deepEqual(claim(["tls://[0:0::0]:9621"], port9621), [3]);
    const local = socket("x", { host: "127.0.0.1", port: 80 }, 4);
    assert.deepEqual(claim(["tcp://10.0.0.1:80", "tcp://127.0.0.1:80"], local), [undefined, 4]);
    const path = socket("x", { path: "/run/vms.sock" }, 5);
    assert.deepEqual(claim(["unix:///run/vms.sock", "tls://[::]:9621"], path, port9621), [5, 3]);
  });

  test("stands for the listener that names it, whose address is then its own", () => {
    const web = socket("web", { host: "192.0.2.1", port: 443 }, 7);
    const [claimed] = claimSockets([streamListener("tls://[::]:9621/blue?fd=web")], [web]);
    assert.equal(claimed!.fd, 7);
    assert.ok(claimed!.endpoint.kind === "tls");
    assert.deepEqual(
      [claimed!.endpoint.host, claimed!.endpoint.port, claimed!.endpoint.network],
      ["192.0.2.1", 443, "blue"],
    );
  });

  test("is refused where nobody would serve it, with what to write", () => {
    assert.match(
      refusal(["tls://[::]:443"], port9621),
      /'tapswitch\.socket' at \[::\]:9621 .* --listen tls:\/\/\[::\]:9621, or \?fd=tapswitch\.socket/,
    );
    assert.match(
      refusal(["tls://[::]:1"], socket("a", { path: "/run/a" })),
      /'a' at \/run\/a .*unix:\/\/\/run\/a/,
    );
    assert.match(refusal(["tls://[::]:1"], socket("a", { path: "" })), /an abstract name/);
    assert.match(refusal(["tls://[::]:9621"], port9621, { ...port9621 }), /belongs to no listener/);
  });

  test("that a listener names and nobody handed over is refused", () => {
    assert.match(refusal(["tls://[::]:443?fd=web"], port9621), /no socket named 'web'.*FileDescriptorName=/);
    assert.match(refusal(["tls://[::]:443?fd=web"]), /no socket named 'web'/);
  });

  test("of another kind than its listener is refused", () => {
    assert.match(refusal(["tls://[::]:1?fd=a"], socket("a", { path: "/run/a" })), /\/run\/a, another kind/);
    assert.match(refusal(["unix:///x?fd=tapswitch.socket"], port9621), /another kind/);
  });

  test("that faces the network is refused where its listener was written for this machine only", () => {
    assert.match(refusal(["tcp://127.0.0.1:9621?fd=tapswitch.socket"], port9621), /faces the network/);
    assert.deepEqual(claim(["tls://127.0.0.1:1?fd=tapswitch.socket"], port9621), [3]);
  });

  test("has the rights that its unit gave it: a listener that wants others is refused", () => {
    const path = socket("vms", { path: "/run/vms.sock" });
    assert.match(refusal(["unix:///run/vms.sock?mode=0660"], path), /SocketMode= and SocketGroup=/);
    assert.match(refusal(["unix:///run/vms.sock?group=kvm"], path), /SocketMode=/);
  });
});

describe("what the environment says of inherited sockets", () => {
  const mine = String(process.pid);

  test("is for the process that it names, and is taken out of it in any case", () => {
    for (const pid of ["1", "", undefined]) {
      const environment = { LISTEN_PID: pid, LISTEN_FDS: "1", LISTEN_FDNAMES: "a", PATH: "/bin" };
      assert.deepEqual(inheritedSockets(environment as NodeJS.ProcessEnv), []);
      assert.deepEqual(Object.keys(environment), ["PATH"]);
    }
    assert.deepEqual(inheritedSockets({}), []);
    assert.deepEqual(inheritedSockets({ LISTEN_PID: mine, LISTEN_FDS: "0" }), []);
  });

  test("is refused where it is no number of sockets", () => {
    for (const LISTEN_FDS of ["-1", "x", "1.5", "100000", "Infinity"])
      assert.throws(() => inheritedSockets({ LISTEN_PID: mine, LISTEN_FDS }), { code: "usage" });
  });

  test("is refused, never worse, whatever generated values it has", () => {
    const value = fc.oneof(fc.constantFrom(mine, "0", "-1", "1e9"), fc.string(), fc.constant(undefined));
    check(
      fc.property(value, fc.constantFrom("0", "-2", "abc", "1025"), value, (pid, count, names) => {
        const environment = { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names };
        try {
          assert.deepEqual(inheritedSockets(environment as NodeJS.ProcessEnv), []);
        } catch (error) {
          assert.ok(error instanceof TapswitchError && error.code === "usage", String(error));
        }
        assert.deepEqual(Object.keys(environment), []);
      }),
    );
  });
});

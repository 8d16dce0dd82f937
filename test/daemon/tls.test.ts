import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { createIdentity, renewCertificate } from "../../src/session/identity.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, mac, records } from "../support/peers.js";
import { helloOf, SOMEONE, secureServer, tlsConnect } from "../support/secure.js";

test("speaks TLS 1.3 and nothing older", async (t) => {
  const server = await secureServer(t);
  await assert.rejects(tlsConnect(server.test.port(), SOMEONE, { maxVersion: "TLSv1.2" }), {
    code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  });
  const peer = await server.connect();
  assert.equal((peer.socket as TLSSocket).getProtocol(), "TLSv1.3");
});

test("refuses a client without a certificate", async (t) => {
  const server = await secureServer(t);
  // In TLS 1.3 the client is done before the server has judged it.
  const peer = await server.connect(null);
  peer.say(helloOf({ code: await server.code() }));
  await peer.ended();
  assert.deepEqual(await server.desk.members({}), []);
  assert.deepEqual(peer.messages, []);
});

test("a session cannot be resumed: every connection proves its key anew", async (t) => {
  const server = await secureServer(t);
  const first = await tlsConnect(server.test.port(), SOMEONE);
  const sessions: Buffer[] = [];
  first.on("session", (session) => sessions.push(session));
  await quiet(100);
  first.destroy();
  for (const session of sessions) {
    const again = await tlsConnect(server.test.port(), SOMEONE, { session });
    assert.equal(again.isSessionReused(), false);
    again.destroy();
  }
  t.diagnostic(`tickets that were offered: ${sessions.length}`);
});

test("a plain client gets nowhere on a TLS listener", async (t) => {
  const server = await secureServer(t);
  const peer = await server.test.connect();
  peer.say(helloOf({}));
  await peer.ended();
  assert.deepEqual(peer.messages, []);
});

test("a renewed certificate of the same key is the same member", async (t) => {
  const server = await secureServer(t);
  const identity = createIdentity();
  const { peer } = await server.hello(identity, { code: await server.code() });
  peer.destroy();
  await eventually(() => server.test.ports().length === 0, "the port's end");
  const { answer } = await server.hello(renewCertificate(identity), {});
  assert.equal(answer["type"], "welcome");
});

test("raw peers get nowhere, unless raw=yes and the key is a member's", async (t) => {
  const server = await secureServer(t, { listen: ["tls://127.0.0.1:0", "tls://127.0.0.1:0?raw=yes"] });
  const member = createIdentity();
  (await server.hello(member, { code: await server.code() })).peer.destroy();
  await eventually(() => server.test.ports().length === 0, "the port's end");
  const refused = await server.connect(member);
  refused.send(frame());
  await refused.ended();
  const raw = await tlsConnect(server.test.port(1), member);
  raw.write(records(frame({ from: mac(7) })));
  await eventually(() => server.test.ports()[0]?.macs === 1, "the raw member's address");
  const stranger = await tlsConnect(server.test.port(1), SOMEONE);
  stranger.on("error", () => undefined);
  stranger.resume().write(records(frame({ from: mac(8) })));
  await once(stranger, "close");
  assert.equal(server.test.ports().length, 1);
  raw.destroy();
});

test("a peer that only connects, and one that only shakes hands, are gone after the deadline", async (t) => {
  const server = await secureServer(t);
  const began = performance.now();
  const silent = await server.test.connect();
  const shaken = await server.connect();
  await Promise.all([silent.ended(7_000), shaken.ended(7_000)]);
  assert.ok(performance.now() - began > 4_500);
});

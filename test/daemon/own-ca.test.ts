import assert from "node:assert/strict";
import { test } from "node:test";
import { missing } from "../../src/cli/demo/lab.js";
import { createIdentity } from "../../src/session/identity.js";
import { eventually } from "../support/clock.js";
import { OwnCa } from "../support/own-ca.js";
import { helloOf, type SecureServer, secureServer } from "../support/secure.js";
import { temporaryFolder } from "../support/server.js";

const skip = missing(["openssl"]).some((lack) => lack.includes("openssl")) && !process.env["CI"];

async function answerTo(server: SecureServer, identity: Parameters<SecureServer["connect"]>[0], fields = {}) {
  const peer = await server.connect(identity);
  peer.say(helloOf(fields));
  await eventually(() => peer.closed || peer.messages.length > 0, "an answer or the end");
  return { peer, answer: peer.messages[0] };
}

test("lets in whom its CA vouches for, into the networks that the certificate names", { skip }, async (t) => {
  const ca = new OwnCa(temporaryFolder(t));
  const listen = [`tls://127.0.0.1:0?ca=${ca.path("ca.pem")}&crl=${ca.path("crl.pem")}`];
  const server = await secureServer(t, { network: ["default", "blue", "red"], listen });
  const bySubject = ca.issue("alice", "/OU=blue/OU=red/CN=alice");
  const first = await answerTo(server, bySubject);
  assert.deepEqual([first.answer?.["network"], first.answer?.["name"]], ["blue", "alice"]);
  assert.equal((await answerTo(server, bySubject, { network: "red" })).answer?.["network"], "red");
  assert.equal((await answerTo(server, bySubject, { network: "default" })).answer?.["code"], "not-a-member");
  const byName = ca.issue("bob", "/CN=whatever", "URI:tapswitch://red/bob");
  assert.deepEqual((await answerTo(server, byName)).answer?.["name"], "bob");
  const [member] = (await server.desk.members({})).filter(({ name }) => name === "bob");
  assert.equal(member?.id, "ca:Lab CA/bob");
  const foreign = new OwnCa(temporaryFolder(t)).issue("mallory", "/OU=blue/CN=alice");
  for (const identity of [
    foreign,
    createIdentity(),
    ca.issue("nobody", "/CN=nobody"),
    ca.issue("odd", "/OU=bl ue/CN=odd"),
  ])
    assert.equal((await answerTo(server, identity)).answer, undefined);
});

test("a revocation list that is read again ends the sessions it names, and those only for a moment it does not", {
  skip,
}, async (t) => {
  const ca = new OwnCa(temporaryFolder(t));
  const server = await secureServer(t, {
    listen: [`tls://127.0.0.1:0?ca=${ca.path("ca.pem")}&crl=${ca.path("crl.pem")}`],
  });
  const [alice, bob] = ["alice", "bob"].map((name) => ca.issue(name, `/OU=default/CN=${name}`));
  const peers = await Promise.all([alice, bob].map((identity) => answerTo(server, identity)));
  server.test.server.reload();
  assert.deepEqual(
    peers.map(({ peer }) => peer.closed),
    [false, false],
  );
  ca.revoke("alice");
  server.test.server.reload();
  for (const { peer } of peers) {
    await peer.ended();
    assert.equal(peer.messages.at(-1)?.["code"], "renewed");
  }
  assert.equal((await answerTo(server, bob)).answer?.["type"], "welcome");
  assert.equal((await answerTo(server, alice)).answer, undefined);
  ca.writeCrl();
});

test("a certified member can be revoked by name, without the CA", { skip }, async (t) => {
  const ca = new OwnCa(temporaryFolder(t));
  const server = await secureServer(t, { listen: [`tls://127.0.0.1:0?ca=${ca.path("ca.pem")}`] });
  const alice = ca.issue("alice", "/OU=default/CN=alice");
  const { peer } = await answerTo(server, alice);
  assert.equal((await server.desk.revoke({ who: "alice" })).sessionsEnded, 1);
  await peer.ended();
  assert.equal((await answerTo(server, alice)).answer?.["code"], "revoked");
});

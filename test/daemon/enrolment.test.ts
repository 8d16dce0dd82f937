import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createIdentity } from "../../src/session/identity.js";
import { eventually, quiet } from "../support/clock.js";
import { frame } from "../support/peers.js";
import { helloOf, secureServer } from "../support/secure.js";

test("a code makes its shower a member, who needs none from then on", async (t) => {
  const server = await secureServer(t);
  const identity = createIdentity();
  const stranger = await server.hello(identity, {});
  assert.equal(stranger.answer["code"], "not-a-member");
  const first = await server.hello(identity, { code: await server.code({ name: "alice" }) });
  assert.equal(first.answer["type"], "welcome");
  assert.equal(first.answer["name"], "alice");
  first.peer.destroy();
  await eventually(() => server.test.ports().length === 0, "the port's end");
  const again = await server.hello(identity, {});
  assert.equal(again.answer["type"], "welcome");
  const [member] = await server.desk.members({});
  assert.equal(member?.id, `key:${identity.fingerprint}`);
  assert.equal(member?.connected.length, 1);
});

test("a stranger learns the name of no network", async (t) => {
  const server = await secureServer(t, { network: ["secret-lab"] });
  for (const fields of [{}, { network: "guess" }]) {
    const { answer } = await server.hello(createIdentity(), fields);
    assert.equal(answer["code"], "not-a-member");
    assert.doesNotMatch(String(answer["message"]), /secret-lab/);
  }
});

test("a used, expired, altered or foreign code is refused with its own code, and enrols nobody", async (t) => {
  const server = await secureServer(t, { network: ["default", "blue"] });
  const used = await server.code();
  await server.hello(createIdentity(), { code: used });
  const expired = await server.code({}, { expiresMs: 1 });
  await quiet(5);
  const good = await server.code();
  const altered = `${good.slice(0, -2)}${good.endsWith("AA") ? "QQ" : "AA"}`;
  const cases: [string, Record<string, unknown>][] = [
    ["invite-used", { code: used }],
    ["invite-expired", { code: expired }],
    ["bad-invite", { code: altered }],
    ["bad-invite", { code: "nonsense" }],
    ["bad-invite", { code: good, network: "blue" }],
  ];
  for (const [code, fields] of cases) {
    const { answer } = await server.hello(createIdentity(), fields);
    assert.deepEqual([answer["type"], answer["code"]], ["refuse", code]);
    assert.match(String(answer["message"]), /ask for a new one/);
  }
  assert.equal((await server.desk.members({})).length, 1);
});

test("of several who show one code at the same time one is let in", async (t) => {
  const server = await secureServer(t);
  const code = await server.code();
  const peers = await Promise.all([1, 2, 3, 4].map(() => server.connect(createIdentity())));
  for (const peer of peers) peer.say(helloOf({ code }));
  const answers = await Promise.all(peers.map((peer) => peer.heard()));
  const kinds = answers.map((answer) => answer["code"] ?? answer["type"]).sort();
  assert.deepEqual(kinds, ["invite-used", "invite-used", "invite-used", "welcome"]);
  assert.equal((await server.desk.members({})).length, 1);
});

test("who lost the answer shows the same code again and is in", async (t) => {
  const server = await secureServer(t);
  const [identity, code] = [createIdentity(), await server.code()];
  const cut = await server.connect(identity);
  cut.say(helloOf({ code }));
  cut.socket.destroySoon();
  const enrolled = (): boolean =>
    readFileSync(join(server.folder, "access.json"), "utf8").includes(identity.fingerprint);
  await eventually(enrolled, "the enrolment");
  await eventually(() => server.test.ports().length === 0, "the port's end");
  const { answer } = await server.hello(identity, { code });
  assert.equal(answer["type"], "welcome");
  assert.equal((await server.desk.members({})).length, 1);
});

test("a revoked member's session ends at once with a reason, and it is let in no more", async (t) => {
  const server = await secureServer(t);
  const [identity, code] = [createIdentity(), await server.code({ name: "mallory" }, { uses: 5 })];
  const { peer } = await server.hello(identity, { code });
  const began = performance.now();
  const { sessionsEnded } = await server.desk.revoke({ who: "mallory" });
  assert.equal(sessionsEnded, 1);
  assert.equal((await peer.heard())["code"], "revoked");
  await peer.ended(1_500);
  assert.ok(performance.now() - began < 1_500);
  const tries: Record<string, unknown>[] = [{}, { code }];
  for (const fields of tries) {
    const { answer } = await server.hello(identity, fields);
    assert.equal(answer["code"], "revoked");
  }
  await assert.rejects(async () => server.desk.revoke({ who: "mallory" }), { code: "not-found" });
});

test("a second process of one identity is refused, a reconnect replaces, a stranger's instance does not", async (t) => {
  const server = await secureServer(t);
  const [alice, mallory] = [createIdentity(), createIdentity()];
  const instance = "an-instance-that-leaked";
  const first = await server.hello(alice, { code: await server.code(), instance });
  const second = await server.hello(alice, {});
  assert.equal(second.answer["code"], "already-connected");
  assert.match(
    String(second.answer["message"]),
    /from 127\.0\.0\.1:\d+ already, and now asks from 127\.0\.0\.1:\d+/,
  );
  await server.hello(mallory, { code: await server.code(), instance });
  await quiet(50);
  assert.equal(first.peer.closed, false);
  const again = await server.hello(alice, { instance });
  assert.equal(again.answer["port"], first.answer["port"]);
  await first.peer.ended();
});

test("a session that replaces its own earlier one is under the grant of today", async (t) => {
  const server = await secureServer(t);
  const alice = createIdentity();
  const instance = "one-and-the-same-process";
  const vlans = () => server.test.server.network("default")!.switch.ports.map((port) => port.vlans.access);
  const first = await server.hello(alice, { code: await server.code({ name: "alice" }), instance });
  assert.deepEqual(vlans(), [0]);
  const code = await server.code({ name: "alice", vlan: 7, macs: ["02:00:00:00:00:07"] });
  const second = await server.hello(alice, { code, instance });
  assert.deepEqual(vlans(), [7]);
  assert.deepEqual([second.answer["port"], second.answer["name"]], [first.answer["port"], "alice"]);
  await first.peer.ended();
  second.peer.send(frame({ from: "02:00:00:00:00:08" }), frame({ from: "02:00:00:00:00:07" }));
  await eventually(() => server.test.ports()[0]!.counters.framesIn === 2, "two frames");
  assert.equal(server.test.ports()[0]!.counters.drops.security, 1);
});

test("a grant may allow more sessions at once", async (t) => {
  const server = await secureServer(t);
  const [identity, code] = [createIdentity(), await server.code({ sessions: 2 })];
  const kinds: unknown[] = [];
  for (const fields of [{ code }, {}, {}]) {
    const { answer } = await server.hello(identity, fields);
    kinds.push(answer["code"] ?? answer["type"]);
  }
  assert.deepEqual(kinds, ["welcome", "welcome", "already-connected"]);
});

test("nothing secret is in the log, in the member file or in what the desk answers", async (t) => {
  const server = await secureServer(t);
  const code = await server.code();
  await server.hello(createIdentity(), { code });
  await server.hello(createIdentity(), { code });
  const secret = code.split(".")[1]!;
  const said = JSON.stringify([
    server.test.lines,
    await server.desk.invites({}),
    await server.desk.members({}),
  ]);
  assert.equal(said.includes(secret), false);
  assert.equal(readFileSync(join(server.folder, "access.json"), "utf8").includes(secret), false);
});

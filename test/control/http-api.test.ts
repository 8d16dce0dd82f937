import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAX_BODY } from "../../src/control/http-input.js";
import { TapswitchError } from "../../src/errors.js";
import { eventually } from "../support/clock.js";
import { answering, FedStream } from "./http.js";

const entry = (mac: string) => ({
  ...{ network: "default", mac, vlan: 0, port: 1, portName: "a", ageMs: 0, static: true },
});

describe("a question", () => {
  test("of GET and DELETE has its input in the query, of POST in a JSON body", async (t) => {
    const asked: unknown[] = [];
    const keep = (input: unknown) => {
      asked.push(input);
      return entry("02:00:00:00:00:01");
    };
    const { ask } = await answering(t, {
      calls: { addStatic: keep, removeStatic: keep, fdb: (q) => [keep(q)] },
    });
    const mac = "02:00:00:00:00:01";
    assert.equal((await ask("POST", "/v1/fdb", JSON.stringify({ mac, port: "a" }))).status, 200);
    assert.equal((await ask("DELETE", `/v1/fdb?mac=${mac}&vlan=7`)).status, 200);
    assert.equal((await ask("GET", `/v1/fdb?port=a%20b`)).body, JSON.stringify([entry(mac)]));
    assert.deepEqual(asked, [{ mac, port: "a", vlan: 0 }, { mac, vlan: 7 }, { port: "a b" }]);
  });

  test("without a body is an empty one", async (t) => {
    const { ask } = await answering(t, { calls: { reload: () => ({ applied: ["x"], restart: [] }) } });
    assert.deepEqual(JSON.parse((await ask("POST", "/v1/reload")).body), { applied: ["x"], restart: [] });
  });

  const refused: [method: string, target: string, body: string | undefined, status: number, why: RegExp][] = [
    ["GET", "/v1/nothing", undefined, 404, /there is no GET \/v1\/nothing/],
    ["PUT", "/v1/status", undefined, 404, /there is no PUT/],
    ["GET", "/v1/members", undefined, 404, /no 'members' here/],
    ["GET", "/v1/capture", undefined, 404, /no 'capture' here/],
    ["GET", "/v1/ports?network=a&network=b", undefined, 400, /network: /],
    ["GET", "/v1/ports?colour=red", undefined, 400, /colour/],
    ["GET", "/v1/ports?__proto__=1", undefined, 400, /__proto__/],
    ["GET", "/v1/fdb?vlan=4095", undefined, 400, /vlan: /],
    ["GET", "/v1/fdb?mac=xyz", undefined, 400, /mac: six hex octets/],
    ["POST", "/v1/ports/kick", "{", 400, /not JSON/],
    ["POST", "/v1/ports/kick", "[]", 400, /the question: /],
    ["POST", "/v1/ports/kick", '{"port":""}', 400, /port: /],
    ["POST", "/v1/log-level", '{"level":"loud"}', 400, /level: /],
    ["POST", "/v1/ports/kick", " ".repeat(MAX_BODY + 1), 400, /longer than 65536 bytes/],
    ["GET", "/v1/events?last=1001", undefined, 400, /last: /],
    ["GET", "/v1/events?follow=perhaps", undefined, 400, /follow: /],
  ];
  for (const [method, target, body, status, why] of refused) {
    test(`${method} ${target} ${body?.slice(0, 20) ?? ""} is refused with ${status}`, async (t) => {
      const ports = () => [];
      const calls = { ports, fdb: ports, kick: () => assert.fail(), setLogLevel: () => assert.fail() };
      const { ask, failures } = await answering(t, { calls, streams: { events: () => assert.fail() } });
      const answer = await ask(method, target, body);
      assert.equal(answer.status, status);
      assert.equal(answer.type, "application/json");
      assert.match((JSON.parse(answer.body) as { message: string }).message, why);
      assert.deepEqual(failures, []);
    });
  }

  test("that fails by a mistake of ours is a 500 without details, and is reported", async (t) => {
    const calls = {
      reload: () => {
        throw new TypeError("secret");
      },
    };
    const { ask, failures } = await answering(t, { calls });
    const answer = await ask("POST", "/v1/reload");
    assert.deepEqual(answer, {
      status: 500,
      type: "application/json",
      body: '{"code":"system","message":"internal error"}',
    });
    assert.equal(failures.length, 1);
  });
});

describe("a stream", () => {
  test("has its own type, begins at once, and ends when its source does", async (t) => {
    const fed = new FedStream();
    const { open, http } = await answering(t, fed);
    const response = await open("/v1/events");
    assert.equal(response.headers["content-type"], "application/x-ndjson");
    assert.equal(http.streams.open, 1);
    const lines: string[] = [];
    response.on("data", (chunk) => lines.push(String(chunk)));
    assert.equal(fed.sink.write("one\n"), true);
    await eventually(() => lines.join("") === "one\n", "the line");
    fed.sink.end();
    await eventually(() => response.complete, "the end");
    await eventually(() => http.streams.open === 0, "the count");
    assert.equal(fed.sink.write("late"), false);
  });

  test("that is refused before it begins is answered as a question is", async (t) => {
    const events = () => {
      throw new TapswitchError("usage", "that filter makes no sense");
    };
    const { ask, http } = await answering(t, { streams: { events } });
    const answer = await ask("GET", "/v1/events");
    assert.equal(answer.status, 400);
    assert.match(answer.body, /makes no sense/);
    await eventually(() => http.streams.open === 0, "the count");
  });

  test("of a slow reader is cut off, counted, and holds no more than its limit", async (t) => {
    const fed = new FedStream();
    const { open, http } = await answering(t, fed, { limits: { streamBytes: 100_000 } });
    const response = await open("/v1/events");
    const failed = new Promise((resolve) => response.once("error", resolve));
    response.pause();
    const chunk = "x".repeat(1_000);
    let most = 0;
    while (fed.sink.write(chunk)) most = Math.max(most, fed.sink.waitingBytes);
    assert.ok(most <= 101_000, `${most} bytes waited`);
    assert.ok(fed.sink.gone.aborted);
    assert.deepEqual(http.streams, { open: 0, cutOff: 1 });
    response.resume();
    assert.equal(((await failed) as { code: string }).code, "ECONNRESET");
  });

  test("ends for its source when the reader leaves", async (t) => {
    const fed = new FedStream();
    const { open, http } = await answering(t, fed);
    (await open("/v1/events")).destroy();
    await eventually(() => fed.sink.gone.aborted, "the end");
    assert.deepEqual(http.streams, { open: 0, cutOff: 0 });
  });

  test("is one of so many at once, and gets its place again", async (t) => {
    const streams = { events: () => undefined };
    const { open, ask, http } = await answering(t, { streams }, { limits: { streams: 2 } });
    const [one] = [await open("/v1/events"), await open("/v1/events")];
    const third = await ask("GET", "/v1/events");
    assert.equal(third.status, 429);
    assert.match(third.body, /2 streams are being read already/);
    one!.destroy();
    await eventually(() => http.streams.open === 1, "the place");
    assert.equal((await open("/v1/events")).statusCode, 200);
  });
});

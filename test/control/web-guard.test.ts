import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Guard, refusalOf } from "../../src/control/web-guard.js";

const LOCAL: Guard = { local: true, encrypted: false, token: null };
const TOKEN = "a-token-of-some-length";
const REMOTE: Guard = { local: false, encrypted: true, token: TOKEN };

const statusOf = (headers: Record<string, string>, guard = LOCAL): number =>
  refusalOf(headers, guard)?.status ?? 200;

describe("on loopback", () => {
  for (const host of ["127.0.0.1:9680", "localhost", "localhost:1", "[::1]:9680", "127.8.9.1"])
    test(`${host} is a name of it`, () => assert.equal(statusOf({ host }), 200));

  for (const host of ["evil.example", "127.0.0.1.evil.example:9680", "192.0.2.1", "", "localhost.evil:9680"])
    test(`'${host}' is another name that was made to point here`, () =>
      assert.equal(statusOf({ host }), 403));

  test("a request that names no host is refused", () => assert.equal(statusOf({}), 400));
});

describe("a browser's request", () => {
  const host = "127.0.0.1:9680";

  test("passes from the page itself, and from an address that was typed", () => {
    assert.equal(statusOf({ host, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }), 200);
    assert.equal(statusOf({ host, "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }), 200);
    assert.equal(statusOf({ host, origin: "http://127.0.0.1:9680" }), 200);
  });

  test("passes when a link elsewhere leads here: who sent it cannot read what opens", () => {
    assert.equal(statusOf({ host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), 200);
  });

  for (const headers of [
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" },
    { origin: "http://evil.example" },
    { origin: "http://127.0.0.1:8000" },
    { origin: "https://127.0.0.1:9680" },
    { origin: "null" },
  ])
    test(`is refused from elsewhere: ${JSON.stringify(headers)}`, () =>
      assert.equal(statusOf({ host, ...headers }), 403));
});

describe("where a token is asked for", () => {
  const host = "switch.example";
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

  for (const authorization of [
    `Bearer ${TOKEN}`,
    `bearer ${TOKEN}`,
    basic(`:${TOKEN}`),
    basic(`me:${TOKEN}`),
  ])
    test(`it opens as '${authorization}'`, () =>
      assert.equal(statusOf({ host, authorization }, REMOTE), 200));

  for (const authorization of [
    ...["", "Bearer", "Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Digest ${TOKEN}`, TOKEN],
    ...[basic(TOKEN.slice(1)), basic("me:"), "Basic %%%"],
  ])
    test(`nothing opens as '${authorization}'`, () =>
      assert.equal(statusOf({ host, authorization }, REMOTE), 401));

  test("nothing opens without one, on loopback too", () => {
    assert.equal(statusOf({ host }, REMOTE), 401);
    assert.equal(statusOf({ host: "127.0.0.1" }, { ...LOCAL, token: TOKEN }), 401);
  });

  test("another web site is refused all the same", () => {
    const headers = { host, authorization: `Bearer ${TOKEN}`, origin: "https://evil.example" };
    assert.equal(statusOf(headers, REMOTE), 403);
  });
});

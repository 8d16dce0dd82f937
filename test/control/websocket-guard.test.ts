import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Asking, type WebSocketGuard, webSocketRefusal } from "../../src/control/websocket-guard.js";

const OPEN: WebSocketGuard = { local: false, token: null, origins: undefined };
const TOKEN = "0123456789abcdef";

function status(guard: Partial<WebSocketGuard>, headers: Asking["headers"], url = "/"): number | null {
  const asking = { url, headers: { host: "hub.example:9622", ...headers } };
  return webSocketRefusal(asking, { ...OPEN, ...guard })?.status ?? null;
}

describe("a request for a WebSocket", () => {
  test("must name a host", () => {
    assert.equal(webSocketRefusal({ headers: {} }, OPEN)?.status, 400);
  });

  test("passes without origin, since it comes from no browser", () => {
    assert.equal(status({}, {}), null);
  });

  test("of a page passes where the page is of the same host, on whatever port", () => {
    assert.equal(status({}, { origin: "https://hub.example" }), null);
    assert.equal(status({}, { origin: "http://hub.example:8000" }), null);
    for (const origin of [
      ...["https://evil.example", "https://hub.example.evil.example", "https://evil-hub.example"],
      ...[
        "null",
        "",
        "hub.example",
        "file://",
        "https://hub.example:9622@evil.example",
        "https://x/hub.example",
      ],
    ])
      assert.equal(status({}, { origin }), 403, origin);
  });

  test("of a page passes where its origin is named, and then no other does", () => {
    const origins = ["https://lab.example", "null"];
    for (const origin of origins) assert.equal(status({ origins }, { origin }), null);
    for (const origin of ["https://hub.example", "http://lab.example", "https://lab.example:444"])
      assert.equal(status({ origins }, { origin }), 403, origin);
    assert.equal(status({ origins: ["*"] }, { origin: "https://evil.example" }), null);
  });

  test("on loopback must be for a name of loopback, and of a page of loopback", () => {
    const local = true;
    for (const host of ["127.0.0.1:9622", "localhost", "[::1]:9622"]) {
      assert.equal(status({ local }, { host }), null);
      assert.equal(status({ local }, { host, origin: "http://localhost:8000" }), null);
      assert.equal(status({ local }, { host, origin: "https://evil.example" }), 403);
    }
    // A name that was made to point to this machine.
    assert.equal(status({ local }, { host: "evil.example", origin: "http://evil.example" }), 403);
    assert.equal(status({ local, origins: ["*"] }, { host: "evil.example" }), 403);
  });

  test("with a token may come to loopback by another name, as behind a web server", () => {
    const guard = { local: true, token: TOKEN };
    const headers = { host: "lab.example", origin: "https://lab.example" };
    assert.equal(status(guard, headers, `/${TOKEN}`), null);
    assert.equal(status(guard, headers), 401);
    assert.equal(status(guard, { ...headers, origin: "https://evil.example" }, `/${TOKEN}`), 403);
  });

  test("shows the token in its path, its query or a header field", () => {
    const token = TOKEN;
    const basic = Buffer.from(`me:${TOKEN}`).toString("base64");
    for (const url of [
      `/${TOKEN}`,
      `/lab/${TOKEN}`,
      `/?token=${TOKEN}`,
      `/ws/lab?x=1&token=${TOKEN}`,
      `/%30${TOKEN.slice(1)}`,
    ])
      assert.equal(status({ token }, {}, url), null, url);
    assert.equal(status({ token }, { authorization: `Bearer ${TOKEN}` }), null);
    assert.equal(status({ token }, { authorization: `Basic ${basic}` }), null);
    for (const url of ["/", `/${TOKEN}/`, `/${TOKEN}x`, `/?token=`, `/?tokens=${TOKEN}`, "/%", `/?${TOKEN}`])
      assert.equal(status({ token }, {}, url), 401, url);
  });

  test("needs both, an origin that may and the token", () => {
    assert.equal(status({ token: TOKEN }, { origin: "https://evil.example" }, `/${TOKEN}`), 403);
    assert.equal(status({ token: TOKEN }, { origin: "https://hub.example" }, "/"), 401);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatEndpoint, parseEndpoint, writeEndpoint } from "../../src/config/endpoint/endpoint.js";
import { isExposed } from "../../src/config/exposure.js";

const read = (text: string) => parseEndpoint(text, "listen");
const NONE = { token: undefined, origin: undefined, cert: undefined, key: undefined, ca: undefined };
const COMMON = { network: undefined, portOptions: {} };

describe("a WebSocket endpoint", () => {
  test("to listen has a host, a port and what is asked of peers", () => {
    assert.deepEqual(read("ws://127.0.0.1:9622"), {
      ...{ kind: "ws", host: "127.0.0.1", port: 9622, path: "/" },
      ...{ ...NONE, ...COMMON },
    });
    assert.deepEqual(
      read("wss://[::]:9622?token=/t&origin=https://a.example,null&cert=/c&key=/k&network=lab&name=web"),
      {
        ...{ kind: "wss", host: "::", port: 9622, path: "/", ca: undefined },
        ...{ token: "/t", origin: ["https://a.example", "null"], cert: "/c", key: "/k" },
        ...{ network: "lab", portOptions: { name: "web" } },
      },
    );
  });

  test("to attach has the path of the far server, and its CA", () => {
    assert.deepEqual(parseEndpoint("wss://relay.example/some/path?ca=/ca&token=/t", "attach"), {
      ...{ kind: "wss", host: "relay.example", port: 443, path: "/some/path" },
      ...{ ...NONE, ...COMMON, ca: "/ca", token: "/t" },
    });
  });

  test("has the port of the web where it names none", () => {
    assert.equal(formatEndpoint(read("ws://h")), "ws://h:80");
    assert.equal(formatEndpoint(read("ws://h:80")), "ws://h:80");
    assert.equal(formatEndpoint(parseEndpoint("wss://h/x", "attach")), "wss://h:443/x");
  });

  test("is written so that it is read as the same again", () => {
    for (const text of ["ws://h:1?token=/a%20b&origin=*&mac=02:00:00:00:00:01", "wss://h?cert=/c&key=/k"])
      assert.deepEqual(read(writeEndpoint(read(text))), read(text));
    for (const text of ["ws://h:1/a%20b/c?network=lab&rate=1mbit", "wss://h?ca=/c"]) {
      const endpoint = parseEndpoint(text, "attach");
      assert.deepEqual(parseEndpoint(writeEndpoint(endpoint), "attach"), endpoint);
    }
  });

  const wrong: [string, RegExp][] = [
    ["ws://127.0.0.1:9622/lab", /name the network with \?network=NAME/],
    ["wss://127.0.0.1:9622", /give cert=FILE and key=FILE/],
    ["wss://127.0.0.1:9622?cert=/c", /give cert=FILE and key=FILE/],
    ["ws://127.0.0.1:9622?cert=/c&key=/k", /unknown option 'cert'/],
    ["ws://h?origin=lab.example", /origin 'lab.example' is no list of web sites/],
    ["ws://h?origin=https://a.example/", /is no list of web sites/],
    ["ws://h?ca=/x", /unknown option 'ca'/],
    ["wss://h?cert=/c&key=/k&ca=/x", /'ca' is for attached wires/],
    ["ws://h?raw=yes", /unknown option 'raw'/],
  ];
  for (const [text, why] of wrong)
    test(`'${text}' is refused`, () => {
      assert.throws(() => read(text), { code: "bad-endpoint", message: why });
    });

  test("is exposed beyond loopback unless it is encrypted and asks for a token", () => {
    const files = "cert=/c&key=/k";
    assert.equal(isExposed(read("ws://127.0.0.1")), false);
    assert.equal(isExposed(read("ws://0.0.0.0?token=/t")), true);
    assert.equal(isExposed(read(`wss://0.0.0.0?${files}`)), true);
    assert.equal(isExposed(read(`wss://0.0.0.0?${files}&token=/t`)), false);
  });
});

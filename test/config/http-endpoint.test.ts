import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatHttpEndpoint, type HttpEndpoint, parseHttpEndpoint } from "../../src/config/http-endpoint.js";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { TapswitchError } from "../../src/errors.js";
import { check } from "../support/generated.js";

const NO_FILES = { token: undefined, cert: undefined, key: undefined };
const PLAIN = { encrypted: false, ...NO_FILES, webSockets: false };

const good: Record<string, HttpEndpoint> = {
  "127.0.0.1:9680": { host: "127.0.0.1", port: 9680, ...PLAIN },
  "127.0.0.1": { host: "127.0.0.1", port: 9680, ...PLAIN },
  "localhost:80": { host: "localhost", port: 80, ...PLAIN },
  "http://[::1]:0/": { host: "::1", port: 0, ...PLAIN },
  "https://localhost": { host: "localhost", port: 9680, ...PLAIN, encrypted: true },
  "127.0.0.1:1?token=/t": { host: "127.0.0.1", port: 1, ...PLAIN, token: "/t" },
  "127.0.0.1?cert=c&key=k": { ...PLAIN, host: "127.0.0.1", port: 9680, encrypted: true, cert: "c", key: "k" },
  "127.0.0.1?ws=yes": { ...PLAIN, host: "127.0.0.1", port: 9680, webSockets: true },
  "0.0.0.0:443?token=t": { ...PLAIN, host: "0.0.0.0", port: 443, encrypted: true, token: "t" },
  "https://[::]?token=/a%20b&cert=c&key=k": {
    ...{ host: "::", port: 9680, encrypted: true, webSockets: false },
    ...{ token: "/a b", cert: "c", key: "k" },
  },
};

const bad: [text: string, why: RegExp][] = [
  ["", /no address/],
  ["9680:9680:1", /host or port/],
  ["127.0.0.1:99999", /host or port/],
  ["127.0.0.1?ws=1", /ws is '1', not yes or no/],
  ["ftp://127.0.0.1", /no address/],
  ["user@127.0.0.1", /no address/],
  ["127.0.0.1/metrics", /no address/],
  ["127.0.0.1?pass=1", /unknown option 'pass'/],
  ["127.0.0.1?cert=c", /go together/],
  ["http://127.0.0.1?cert=c&key=k", /for https/],
  ["http://0.0.0.0?token=t", /beyond loopback are for https/],
  ["0.0.0.0:9680", /a token is needed/],
  ["https://switch.example", /a token is needed/],
  ["[::]:9680", /a token is needed/],
];

describe("where the web page is served", () => {
  for (const [text, expected] of Object.entries(good))
    test(`'${text}' is understood`, () => assert.deepEqual(parseHttpEndpoint(text), expected));

  for (const [text, why] of bad) {
    test(`'${text}' is refused`, () => {
      assert.throws(
        () => parseHttpEndpoint(text),
        (error: unknown) =>
          error instanceof TapswitchError && error.code === "usage" && why.test(error.message),
      );
    });
  }

  test("is printed as a browser takes it", () => {
    assert.equal(formatHttpEndpoint(good["http://[::1]:0/"]!, 81), "http://[::1]:81/");
    assert.equal(formatHttpEndpoint(good["https://localhost"]!, 443), "https://localhost:443/");
  });

  test("is nowhere unless --http says so", () => {
    assert.equal(parseServeConfig({}).http, undefined);
    assert.equal(parseServeConfig({ http: "127.0.0.1" }).http?.port, 9680);
    assert.throws(
      () => parseServeConfig({ http: "0.0.0.0" }),
      /^TapswitchError: --http: '0\.0\.0\.0': beyond/,
    );
  });

  test("generated text is understood or refused, and never faces the network openly", () => {
    const parts = [
      "http://",
      "https://",
      "127.0.0.1",
      "0.0.0.0",
      "[::1]",
      "[",
      ":",
      "9680",
      "?",
      "token=t",
      "&",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...parts, "cert=c", "key=k", "/", "@"), fc.string()));
    check(
      fc.property(text, (pieces) => {
        try {
          const { host, encrypted, token } = parseHttpEndpoint(pieces.join(""));
          const local = host === "::1" || /^127(\.\d+){3}$/.test(host);
          assert.ok(local || (encrypted && token !== undefined), pieces.join(""));
        } catch (error) {
          assert.ok(error instanceof TapswitchError && error.code === "usage", String(error));
        }
      }),
    );
  });
});

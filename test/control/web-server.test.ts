import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as encrypted } from "node:https";
import { connect } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { parseHttpEndpoint } from "../../src/config/http-endpoint.js";
import type { Api } from "../../src/control/api.js";
import { type WebOptions, WebServer } from "../../src/control/web-server.js";
import { TapswitchError } from "../../src/errors.js";
import { eventually, ManualClock } from "../support/clock.js";
import { SOMEONE } from "../support/secure.js";
import { portView, statusView } from "../support/views.js";

const TOKEN = "a-token-of-some-length";
const TLS = { key: SOMEONE.key, cert: SOMEONE.certificate };

const never = (): never => {
  throw new Error("this must not be reachable");
};

const API: Api = {
  calls: {
    status: () => statusView(),
    ports: () => [portView(1)],
    kick: never,
    invite: never,
    invites: never,
    members: never,
  },
  streams: {
    events: (_, sink) => void sink.write('{"seq":1}\n'),
  },
  lacks: (name) => `${name} is not here`,
};

interface Opened {
  readonly web: WebServer;
  readonly refused: string[];
  get(path: string, options?: GetOptions): Promise<Answer>;
}

interface GetOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function open(
  t: TestContext,
  text = "127.0.0.1:0",
  options: Partial<WebOptions> = {},
): Promise<Opened> {
  const endpoint = parseHttpEndpoint(text);
  const refused: string[] = [];
  const web = await WebServer.open({
    endpoint,
    api: API,
    secrets: () => ({ token: null, tls: endpoint.encrypted ? TLS : null }),
    refused: (from, why) => void refused.push(`${from}: ${why}`),
    failed: (error) => assert.fail(error as Error),
    ...options,
  });
  t.after(() => web.close());
  return { web, refused, get: (path, how) => ask(web.url, path, how) };
}

function ask(
  url: string,
  path: string,
  { method = "GET", headers = {}, body = "" }: GetOptions = {},
): Promise<Answer> {
  const send = url.startsWith("https") ? encrypted : request;
  return new Promise((resolve, reject) => {
    const asking = send(new URL(path, url), { method, headers, rejectUnauthorized: false, agent: false });
    asking.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: text }),
      );
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

describe("the web server", () => {
  test("serves the page, its script and its style", async (t) => {
    const { get } = await open(t);
    const types = {
      "/": "text/html",
      "/page.js": "text/javascript",
      "/page.css": "text/css",
      "/icon.svg": "image/svg",
    };
    for (const [path, type] of Object.entries(types)) {
      const { status, headers } = await get(path);
      assert.equal(status, 200, path);
      assert.ok(headers["content-type"]!.startsWith(type), path);
    }
  });

  test("serves what the page asks, and the metrics", async (t) => {
    const { get } = await open(t);
    assert.equal(JSON.parse((await get("/v1/ports")).body)[0].name, "port-1");
    assert.equal(JSON.parse((await get("/v1/status")).body).version, "0.1.0");
    const metrics = await get("/metrics");
    assert.match(metrics.headers["content-type"]!, /^text\/plain; version=0\.0\.4/);
    assert.match(metrics.body, /^tapswitch_port_up\{network="default",port="port-1"\} 1$/m);
  });

  test("lets nothing be changed, and nobody see who may join", async (t) => {
    const { get } = await open(t);
    for (const path of ["/v1/invites", "/v1/members"]) assert.equal((await get(path)).status, 404, path);
    for (const path of ["/v1/ports/kick", "/v1/invites", "/v1/fdb/flush", "/", "/metrics"])
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
        assert.equal((await get(path, { method })).status, 405, `${method} ${path}`);
  });

  test("knows no other path, however it is written", async (t) => {
    const { get } = await open(t);
    for (const path of [
      "/index.html",
      "/../package.json",
      "/%2e%2e/%2e%2e/package.json",
      "/page.js/",
      "/v2/ports",
    ])
      assert.equal((await get(path)).status, 404, path);
  });

  test("tells the browser on every answer to run nothing else, keep nothing and show it in no frame", async (t) => {
    const { get } = await open(t);
    const answers = [
      ...(await Promise.all(["/", "/v1/ports", "/metrics", "/nothing"].map((path) => get(path)))),
      await get("/", { method: "POST" }),
      await get("/", { headers: { host: "evil.example" } }),
    ];
    for (const { headers } of answers) {
      const policy = headers["content-security-policy"] as string;
      assert.match(policy, /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|http|\*/);
      assert.equal(headers["cache-control"], "no-store");
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["access-control-allow-origin"], undefined);
    }
  });

  test("refuses a name that was made to point to loopback, and says so", async (t) => {
    const { get, refused } = await open(t);
    assert.equal((await get("/v1/ports", { headers: { host: "evil.example" } })).status, 403);
    assert.match(refused[0]!, /^127\.0\.0\.1: .*ask for 127\.0\.0\.1/);
  });

  test("takes no body and no long headers", async (t) => {
    const { get } = await open(t);
    assert.equal((await get("/v1/ports", { body: "x", headers: { "content-length": "1" } })).status, 413);
    assert.equal((await get("/v1/ports", { headers: { cookie: "x".repeat(9_000) } })).status, 431);
  });

  test("says what listens where already", async (t) => {
    const { web } = await open(t);
    const endpoint = parseHttpEndpoint(new URL(web.url).host);
    const secrets = () => ({ token: null, tls: null });
    const second = WebServer.open({ endpoint, api: API, secrets, refused: never, failed: never });
    await assert.rejects(
      second,
      (error: unknown) => error instanceof TapswitchError && error.code === "in-use",
    );
  });
});

describe("the web server's bounds", () => {
  test("are 60 new connections a second", async (t) => {
    const clock = new ManualClock();
    const { get } = await open(t, "127.0.0.1:0", { clock });
    for (let count = 0; count < 60; count++) assert.equal((await get("/icon.svg")).status, 200);
    await assert.rejects(get("/icon.svg"), /socket hang up|ECONNRESET/);
    clock.advance(1_000);
    assert.equal((await get("/icon.svg")).status, 200);
  });

  test("are 64 connections at once", async (t) => {
    const clock = new ManualClock();
    const { web, get } = await open(t, "127.0.0.1:0", { clock });
    const sockets = [];
    for (let count = 0; count < 64; count++) {
      if (count === 50) clock.advance(1_000);
      const socket = connect(Number(new URL(web.url).port), "127.0.0.1");
      t.after(() => socket.destroy());
      await once(socket, "connect");
      sockets.push(socket);
    }
    await assert.rejects(get("/icon.svg"), /socket hang up|ECONNRESET/);
    sockets[0]!.destroy();
    const statuses: number[] = [];
    await eventually(() => {
      clock.advance(1_000);
      void get("/icon.svg").then(
        ({ status }) => void statuses.push(status),
        () => undefined,
      );
      return statuses.includes(200);
    }, "room again");
  });

  test("are eight streams at once", async (t) => {
    const { get, web } = await open(t);
    for (let count = 0; count < 8; count++) {
      const asking = request(new URL("/v1/events", web.url), { agent: false });
      t.after(() => asking.destroy());
      asking.end();
      await once(asking, "response");
    }
    assert.equal((await get("/v1/events")).status, 429);
  });
});

describe("with a token", () => {
  const secrets = () => ({ token: TOKEN, tls: TLS });

  test("and TLS it opens beyond loopback", async (t) => {
    const { get, web, refused } = await open(t, "0.0.0.0:0?token=FILE", { secrets });
    assert.match(web.url, /^https:\/\/0\.0\.0\.0:\d+\/$/);
    const port = new URL(web.url).port;
    const headers = { authorization: `Bearer ${TOKEN}`, host: `switch.example:${port}` };
    assert.equal((await get("/v1/ports", { headers })).status, 200);
    const locked = await get("/");
    assert.equal(locked.status, 401);
    assert.equal(locked.headers["www-authenticate"], 'Basic realm="tapswitch", charset="UTF-8"');
    assert.equal(refused.length, 1);
  });

  test("a new one counts from the next request after a reload", async (t) => {
    let token = TOKEN;
    const { get, web } = await open(t, "127.0.0.1:0", { secrets: () => ({ token, tls: null }) });
    const tries = (): Promise<number[]> =>
      Promise.all(
        [TOKEN, "another-token-of-some-length"].map(
          async (one) => (await get("/icon.svg", { headers: { authorization: `Bearer ${one}` } })).status,
        ),
      );
    assert.deepEqual(await tries(), [200, 401]);
    token = "another-token-of-some-length";
    web.reload();
    assert.deepEqual(await tries(), [401, 200]);
  });
});

import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { TapswitchError } from "../../src/errors.js";
import { eventually } from "../support/clock.js";
import { frame } from "../support/peers.js";
import { refusalOf, TestServer, temporaryFolder } from "../support/server.js";
import { WebSocketPeer } from "../support/websockets.js";

const TOKEN = "0123456789abcdef";

/** A file with this content and mode. */
function file(t: TestContext, content: string, mode = 0o600): string {
  const path = join(temporaryFolder(t), "token");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("serve --http", () => {
  test("says where the page is, and who may look where no token is asked for", async (t) => {
    const { said } = await TestServer.start(t, { http: "127.0.0.1:0" });
    const line = said.find((text) => text.includes("web page"))!;
    assert.match(
      line,
      /^web page and metrics on http:\/\/127\.0\.0\.1:\d+\/, for every user of this machine/,
    );
    const url = /http:\S+\//.exec(line)![0];
    assert.equal((await fetch(`${url}v1/status`)).status, 200);
    assert.match(await (await fetch(`${url}metrics`)).text(), /^tapswitch_connections 0$/m);
  });

  test("asks for the token of the file, which is never logged, and reads it again on a reload", async (t) => {
    const path = file(t, `${TOKEN}\n`);
    const running = await TestServer.start(t, { http: `127.0.0.1:0?token=${path}` });
    const url = /http:\S+\//.exec(running.said.find((text) => text.includes("web page"))!)![0];
    const status = async (token: string): Promise<number> =>
      (await fetch(`${url}v1/ports`, { headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual([await status(TOKEN), await status("another-token-of-16")], [200, 401]);
    writeFileSync(path, "another-token-of-16");
    running.server.reload();
    assert.deepEqual([await status(TOKEN), await status("another-token-of-16")], [401, 200]);
    assert.ok(!JSON.stringify(running.lines).includes(TOKEN));
    assert.ok(running.said.includes("HTTP request refused"));
  });

  for (const [what, content, mode] of [
    ["is short", "secret", 0o600],
    ["is empty", "\n", 0o600],
    ["has blanks", "one token of many words", 0o600],
    ["everyone can read", TOKEN, 0o644],
  ] as const)
    test(`does not start with a token that ${what}, and does not repeat it`, async (t) => {
      const path = file(t, content, mode);
      const why = await refusalOf({ listen: ["tcp://127.0.0.1:0"], http: `127.0.0.1:0?token=${path}` });
      assert.ok(why instanceof TapswitchError && why.code === "usage");
      assert.ok(
        why.message.includes(path) && (content.trim() === "" || !why.message.includes(content.trim())),
      );
    });

  test("gives ports to WebSockets on the page's own port where it says so, under the page's rules", async (t) => {
    const path = file(t, TOKEN);
    const running = await TestServer.start(t, {
      ...{ network: ["default", "lab"], listen: ["tcp://127.0.0.1:0?network=lab&raw=yes"] },
      http: `127.0.0.1:0?token=${path}&ws=yes`,
    });
    const at = /http:(\S+)\//.exec(running.said.find((text) => text.includes("web page"))!)![1];
    const url = `ws:${at}/ws/lab`;
    for (const [wrong, status] of [
      [url, 401],
      [`ws:${at}/ws/nowhere/${TOKEN}`, 404],
      [`ws:${at}/${TOKEN}`, 404],
    ] as const)
      await assert.rejects(WebSocketPeer.connect(wrong), new RegExp(`${status}`));
    await assert.rejects(WebSocketPeer.connect(`${url}/${TOKEN}`, { origin: "https://evil.example" }), /403/);
    const pages = [
      await WebSocketPeer.connect(`${url}/${TOKEN}`),
      await WebSocketPeer.connect(url, { headers: { authorization: `Bearer ${TOKEN}` } }),
    ];
    await eventually(() => running.ports("lab").length === 2, "two ports");
    pages[0]!.send([frame()]);
    await eventually(() => pages[1]!.frames.length === 1, "the frame");
    await running.server.stop();
    await eventually(() => pages.every(({ closed }) => closed === 1_001), "the end of both");
  });

  test("gives none unless it says so", async (t) => {
    const { said, server } = await TestServer.start(t, { http: "127.0.0.1:0" });
    const at = /http:(\S+)\//.exec(said.find((text) => text.includes("web page"))!)![1];
    await assert.rejects(WebSocketPeer.connect(`ws:${at}/ws/default`), /404|400|405/);
    assert.equal(server.switches[0]!.ports.length, 0);
  });
});

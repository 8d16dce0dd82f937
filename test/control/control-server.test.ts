import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ControlServer } from "../../src/control/control-server.js";
import { HttpApi } from "../../src/control/http-api.js";
import { eventually } from "../support/clock.js";
import { temporaryFolder } from "../support/server.js";
import { answering, FedStream } from "./http.js";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("a control socket", () => {
  test("is its owner's alone", async (t) => {
    const { path } = await answering(t, {});
    assert.equal(modeOf(path), "600");
  });

  test("is its group's too where one is named", async (t) => {
    const group = String(process.getgid!());
    const { path } = await answering(t, {}, { control: { group } });
    assert.equal(modeOf(path), "660");
    assert.equal(statSync(path).gid, process.getgid!());
  });

  test("replaces what a crash has left, and neither a live one nor a file", async (t) => {
    const { path, http } = await answering(t, {});
    await assert.rejects(ControlServer.open({ path, http }), { code: "in-use" });
    const file = join(temporaryFolder(t), "file");
    writeFileSync(file, "");
    await assert.rejects(ControlServer.open({ path: file, http }), { code: "in-use" });
  });

  test("says that its folder is missing", async () => {
    const http = new HttpApi({ api: { calls: {}, streams: {}, lacks: String }, failed: () => assert.fail() });
    const path = "/nonexistent/folder/c.sock";
    await assert.rejects(ControlServer.open({ path, http }), {
      code: "usage",
      message: /folder does not exist/,
    });
  });

  test("is gone when it is closed, and its streams end in good order", async (t) => {
    const fed = new FedStream();
    const { path, server, open } = await answering(t, fed);
    const response = await open("/v1/events");
    fed.sink.write("last words\n");
    let text = "";
    response.on("data", (chunk) => {
      text += String(chunk);
    });
    server.close();
    await eventually(() => response.complete, "the end");
    assert.equal(text, "last words\n");
    await eventually(() => !existsSync(path), "the path's end");
  });

  test("ends connections that say nothing, or half of something, for too long", async (t) => {
    const { connect } = await answering(t, {}, { control: { requestMs: 100 } });
    for (const half of [
      "",
      "GET /v1/sta",
      "POST /v1/reload HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{",
    ]) {
      const socket = await connect();
      socket.resume();
      socket.write(half);
      await eventually(() => socket.closed, `the end of '${half}'`);
    }
  });

  test("takes a bounded number of connections, and more when some have ended", async (t) => {
    const calls = { reload: () => ({ applied: [], restart: [] }) };
    const { connect, ask } = await answering(t, { calls });
    const sockets = await Promise.all(Array.from({ length: 64 }, () => connect()));
    const one = await connect();
    one.resume();
    await eventually(() => one.closed, "the end of the one too many");
    for (const socket of sockets) socket.destroy();
    await eventually(() => sockets.every(({ closed }) => closed), "their end");
    let status = 0;
    const retry = async (): Promise<void> => {
      status = await ask("POST", "/v1/reload").then(
        ({ status: given }) => given,
        () => 0,
      );
    };
    for (let tries = 0; status !== 200 && tries < 50; tries++) await retry();
    assert.equal(status, 200);
  });
});

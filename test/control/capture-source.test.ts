import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { CaptureRefused, readCapture } from "../../src/control/capture/capture-source.js";
import { noise } from "../support/frames-offload.js";
import { temporaryFolder } from "../support/server.js";

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/x-pcapng\r\nconnection: close\r\n\r\n";

/** A control socket that answers in this way; its path. */
async function answering(t: TestContext, answer: (socket: Socket) => Promise<void>): Promise<string> {
  const path = join(temporaryFolder(t), "control.sock");
  const server = createServer((socket) => socket.once("data", () => void answer(socket)));
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  t.after(() => server.close());
  return path;
}

const query = new URLSearchParams({ network: "default" });

async function read(path: string, wait: () => Promise<void> | undefined = () => undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const take = (bytes: Buffer): Promise<void> | undefined => {
    chunks.push(Buffer.from(bytes));
    return wait();
  };
  await readCapture({ path, query, take });
  return Buffer.concat(chunks);
}

test("hands over all that follows the head, wherever that is cut", async (t) => {
  const body = noise(300, 1);
  const whole = Buffer.concat([Buffer.from(HEAD), body]);
  for (const size of [1, 7, HEAD.length - 1, HEAD.length, HEAD.length + 1, whole.length]) {
    const path = await answering(t, async (socket) => {
      for (let at = 0; at < whole.length; at += size) {
        socket.write(whole.subarray(at, at + size));
        await turn();
      }
      socket.end();
    });
    assert.ok((await read(path)).equals(body), `pieces of ${size} bytes`);
  }
});

test("reads on only when what it has handed over has been taken", async (t) => {
  const body = noise(3_000_000, 2);
  const path = await answering(
    t,
    async (socket) => void socket.end(Buffer.concat([Buffer.from(HEAD), body])),
  );
  let taking = 0;
  const got = await read(path, async () => {
    assert.equal(++taking, 1);
    await turn();
    taking--;
  });
  assert.ok(got.equals(body));
});

test("says why there is no capture, also if nothing is said at all", async (t) => {
  const failure = '{"code":"usage","message":"no"}';
  for (const [answer, message] of [
    [`HTTP/1.1 400 Bad Request\r\n\r\n${failure}`, failure],
    ["", ""],
    ["HTTP/1.1 200 OK\r\n", ""],
    ["x".repeat(70_000), ""],
  ] as const) {
    const path = await answering(t, async (socket) => void socket.end(answer));
    await assert.rejects(
      read(path),
      (error) => error instanceof CaptureRefused && error.message.startsWith(message),
    );
  }
  await assert.rejects(read(join(temporaryFolder(t), "nobody.sock")), { code: "ENOENT" });
});

test("ends with what its taker throws, at once or later", async (t) => {
  const path = await answering(t, async (socket) => void socket.write(`${HEAD}capture`));
  const broken = new Error("broken");
  await assert.rejects(
    read(path, () => {
      throw broken;
    }),
    broken,
  );
  await assert.rejects(
    read(path, () => Promise.reject(broken)),
    broken,
  );
});

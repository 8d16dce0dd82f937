import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { errnoOf } from "../../src/errors.js";
import { native } from "../../src/native/native.js";

const folder = mkdtempSync(join(tmpdir(), "tapswitch-watch-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A descriptor that is readable once something was written to it. */
function openFifo(): number {
  const path = join(folder, `fifo${count++}`);
  execFileSync("mkfifo", [path]);
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const drain = (fd: number) => readSync(fd, Buffer.alloc(16));

test("calls back while there is something to read", async () => {
  const fd = openFifo();
  const seen: number[] = [];
  const watch = new (native().Watch)(fd, (status) => {
    seen.push(status);
    drain(fd);
  });
  writeSync(fd, "x");
  await turn();
  assert.deepEqual(seen, [], "not before start");
  watch.start();
  while (seen.length < 1) await turn();
  writeSync(fd, "x");
  while (seen.length < 2) await turn();
  watch.stop();
  writeSync(fd, "x");
  for (let i = 0; i < 5; i++) await turn();
  assert.deepEqual(seen, [0, 0]);
  watch.close();
  closeSync(fd);
});

test("runs what the callback put off right after it", async () => {
  const fd = openFifo();
  const order: string[] = [];
  const watch = new (native().Watch)(fd, () => {
    drain(fd);
    process.nextTick(() => order.push("tick"));
    queueMicrotask(() => order.push("microtask"));
    setImmediate(() => order.push("immediate"));
    order.push("callback");
  });
  watch.start();
  writeSync(fd, "x");
  while (order.length < 4) await turn();
  assert.deepEqual(order, ["callback", "tick", "microtask", "immediate"]);
  watch.close();
  closeSync(fd);
});

test("can be closed twice, and from within its callback", async () => {
  const fd = openFifo();
  let calls = 0;
  const watch = new (native().Watch)(fd, () => {
    calls++;
    watch.close();
    watch.close();
    watch.stop();
  });
  watch.start();
  writeSync(fd, "x");
  while (calls === 0) await turn();
  await turn();
  watch.close();
  watch.stop();
  assert.throws(
    () => watch.start(),
    (error) => errnoOf(error) === "EBADF",
  );
  assert.equal(calls, 1);
  closeSync(fd);
});

test("refuses a second watch of one descriptor while the first runs, and a file that has no readiness", () => {
  const fd = openFifo();
  const watch = new (native().Watch)(fd, () => undefined);
  watch.start();
  assert.throws(
    () => new (native().Watch)(fd, () => undefined),
    (error) => errnoOf(error) === "EEXIST",
  );
  watch.close();
  closeSync(fd);
  const file = openSync("/proc/self/exe", "r");
  assert.throws(
    () => new (native().Watch)(file, () => undefined),
    (error) => errnoOf(error) === "EPERM",
  );
  closeSync(file);
});

test("hands an exception of the callback to the process", () => {
  const script = `
    import { native } from ${JSON.stringify(new URL("../../src/native/native.js", import.meta.url).href)};
    import { openSync, constants, writeSync } from "node:fs";
    const fd = openSync(${JSON.stringify(join(folder, "fifo0"))}, constants.O_RDWR | constants.O_NONBLOCK);
    const watch = new (native().Watch)(fd, () => { watch.close(); throw new Error("thrown on purpose"); });
    watch.start();
    writeSync(fd, "x");
    process.on("uncaughtException", (error) => console.log("caught", error.message));
  `;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(printed, "caught thrown on purpose\n");
});

test("is collected after it was closed, and lives until then", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const fd = openFifo();
  let calls = 0;
  const collected: string[] = [];
  const registry = new FinalizationRegistry<string>((what) => collected.push(what));
  (() => {
    const watch = new (native().Watch)(fd, () => {
      watch.close();
      calls++;
    });
    watch.start();
    registry.register(watch, "running");
    for (let i = 0; i < 100; i++) {
      const closed = new (native().Watch)(openFifoAgain(), () => undefined);
      closed.close();
      registry.register(closed, "closed");
    }
  })();
  for (let i = 0; i < 20 && collected.length < 100; i++) {
    gc();
    await turn();
  }
  assert.ok(collected.includes("closed"));
  assert.ok(!collected.includes("running"));
  writeSync(fd, "x");
  while (calls === 0) await turn();
  closeSync(fd);
  function openFifoAgain(): number {
    return openSync(join(folder, "fifo0"), constants.O_RDWR | constants.O_NONBLOCK);
  }
});

test("workers start, end and are ended with watches open", async () => {
  const script = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { openSync, constants, writeSync, readSync } = require("node:fs");
    import(workerData.native).then(({ native }) => {
      const fd = openSync(workerData.path, constants.O_RDWR | constants.O_NONBLOCK);
      const watch = new (native().Watch)(fd, () => {
        if (workerData.end === "close") watch.close();
        parentPort.postMessage("ready");
        if (workerData.end === "exit") process.exit();
        if (workerData.end === "throw") throw new Error("thrown on purpose");
      });
      watch.start();
      writeSync(fd, "x");
    });
  `;
  const data = {
    native: new URL("../../src/native/native.js", import.meta.url).href,
    path: join(folder, "fifo1"),
  };
  for (let round = 0; round < 12; round++) {
    const end = (["close", "exit", "terminate", "throw"] as const)[round % 4]!;
    const worker = new Worker(script, { eval: true, workerData: { ...data, end } });
    const errors: unknown[] = [];
    worker.on("error", (error) => errors.push(error));
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    if (end === "terminate") worker.once("message", () => void worker.terminate());
    await exited;
    assert.equal(errors.length, end === "throw" ? 1 : 0, String(errors));
  }
});

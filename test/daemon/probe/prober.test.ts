/** Two joins' switches and the server's between them, in one process. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { monotonicClock } from "../../../src/clock.js";
import type { StreamSink } from "../../../src/control/call.js";
import { ProbeLine, type ProbeResult } from "../../../src/control/probe-api.js";
import { ProbeDesk, probedNames } from "../../../src/daemon/probe/probe-desk.js";
import { parseMac } from "../../../src/frame/mac.js";
import { MemoryLink } from "../../../src/link/memory.js";
import { Switch } from "../../../src/switch/switch.js";
import { eventually } from "../../support/clock.js";

const later = (deliver: () => void): void => void setImmediate(deliver);

interface Options {
  readonly answers?: boolean;
  readonly offload?: number;
}

/** A join without a device: what would reach its host is counted. */
function join(t: TestContext, server: Switch, number: number, options: Options = {}) {
  const { answers = true, offload = 1 } = options;
  const clock = monotonicClock;
  const lan = new Switch({ name: `join-${number}`, clock });
  const [near, far] = MemoryLink.pair({ schedule: later, capabilities: { offload } });
  server.attach(far, { name: `port-${number}` });
  const port = lan.attach(near, { name: "uplink" });
  const [device, kernel] = MemoryLink.pair({ schedule: later });
  lan.attach(device, { name: "tap0" });
  const host = { frames: 0 };
  kernel.start({
    batch: () => void host.frames++,
    drain: () => undefined,
    dropped: () => undefined,
    close: () => undefined,
  });
  const mac = parseMac(`02:00:00:00:00:0${number}`);
  const names = probedNames(`Host-${number}`, mac, [`10.0.0.${number}/24`, `fd00::${number}/64`]);
  const desk = new ProbeDesk({ lan, port, clock, answers, host: () => ({ mac, mtu: 1_500, names }) });
  desk.up(mac);
  t.after(() => desk.close());
  return { desk, host, port };
}

class Sink implements StreamSink {
  readonly lines: ProbeLine[] = [];
  readonly leaving = new AbortController();
  readonly waitingBytes = 0;
  readonly gone = this.leaving.signal;
  isEnded = false;

  write(chunk: string | Buffer): boolean {
    this.lines.push(ProbeLine.parse(JSON.parse(String(chunk))));
    return true;
  }

  end(): void {
    this.isEnded = true;
  }

  async last(): Promise<ProbeLine> {
    await eventually(() => this.isEnded, "the end of the test");
    return this.lines.at(-1)!;
  }
}

function ask(desk: ProbeDesk, target: string, query: { seconds?: number; size?: number } = {}): Sink {
  const sink = new Sink();
  void desk.stream({ target, seconds: 0.2, ...query }, sink);
  return sink;
}

test("finds the far end by name, MAC or IP address, and measures both ways", async (t) => {
  const server = new Switch({ name: "server", clock: monotonicClock });
  const [one, two] = [join(t, server, 1), join(t, server, 2)];
  for (const target of ["host-2", "02:00:00:00:00:02", "10.0.0.2", "FD00::2"]) {
    const sink = ask(one.desk, target);
    const result = (await sink.last()) as ProbeResult;
    assert.equal(result.type, "result", JSON.stringify(result));
    assert.deepEqual([result.name, result.mac, result.frameBytes], ["Host-2", "02:00:00:00:00:02", 65_000]);
    assert.ok(result.latency.received > 5 && result.latency.received === result.latency.sent);
    assert.ok(result.latency.minMs! > 0 && result.latency.minMs! <= result.latency.maxMs!);
    for (const { bitsPerSecond, bytes, framesArrived } of [result.up, result.down]) {
      assert.ok(bitsPerSecond > 1e7, `${bitsPerSecond}`);
      assert.equal(bytes, framesArrived * 65_000);
    }
    const phases = new Set(sink.lines.map((line) => (line.type === "progress" ? line.phase : line.type)));
    assert.deepEqual([...phases], ["latency", "up", "down", "result"]);
  }
  assert.deepEqual([one.host.frames, two.host.frames], [0, 0], "no host sees any of it");
});

test("takes frames as long as the weaker end, or as it is told", async (t) => {
  const server = new Switch({ name: "server", clock: monotonicClock });
  const [one] = [join(t, server, 1), join(t, server, 2, { offload: 0 })];
  assert.equal(((await ask(one.desk, "host-2").last()) as ProbeResult).frameBytes, 1_514);
  assert.equal(((await ask(one.desk, "host-2", { size: 300 }).last()) as ProbeResult).frameBytes, 300);
  assert.equal(((await ask(one.desk, "host-2", { size: 9_000 }).last()) as ProbeResult).frameBytes, 1_514);
});

test("says what is missing where nothing answers, and where the far end does not want to", async (t) => {
  const server = new Switch({ name: "server", clock: monotonicClock });
  const [one, two] = [join(t, server, 1), join(t, server, 2, { answers: false })];
  for (const target of ["host-2", "nobody"]) {
    const line = await ask(one.desk, target).last();
    assert.ok(line.type === "failed" && line.code === "not-found", JSON.stringify(line));
    assert.match(line.message, new RegExp(`nothing called '${target}' answers.*--no-test-responder.*ping`));
  }
  assert.equal(two.host.frames, 0, "no host is bothered with the question");
  assert.throws(() => ask(one.desk, "Host-1"), { code: "usage", message: /this host itself/ });
});

test("runs one test at a time at both ends, and is free at once when the asker leaves", async (t) => {
  const server = new Switch({ name: "server", clock: monotonicClock });
  const [one, two, three] = [1, 2, 3].map((number) => join(t, server, number));
  const first = ask(one!.desk, "host-2", { seconds: 20 });
  await eventually(() => first.lines.some((line) => line.type === "progress"), "progress");
  assert.throws(() => ask(one!.desk, "host-3"), { code: "full" });
  assert.throws(() => ask(two!.desk, "host-3"), { code: "full" });
  const busy = await ask(three!.desk, "host-2").last();
  assert.ok(busy.type === "failed" && busy.code === "full", JSON.stringify(busy));
  first.leaving.abort();
  await eventually(() => first.isEnded, "the end");
  assert.equal((await ask(three!.desk, "host-2").last()).type, "result");
});

test("counts what a narrow port loses, and goes on", async (t) => {
  const server = new Switch({ name: "server", clock: monotonicClock });
  const [one] = [join(t, server, 1), join(t, server, 2)];
  let left = 0;
  // Every seventh frame is lost on its way to the far end.
  const policy = { admit: () => (++left % 7 === 0 ? ("rate" as const) : null) };
  Object.assign(server.ports[0]!, { policy });
  const result = (await ask(one.desk, "host-2").last()) as ProbeResult;
  assert.equal(result.type, "result", JSON.stringify(result));
  assert.ok(result.up.framesArrived < result.up.framesSent);
  assert.ok(result.latency.received < result.latency.sent);
});

test("ends with a sentence where the far end falls silent", async (t) => {
  const server = new Switch({ name: "server", clock: monotonicClock });
  const [one] = [join(t, server, 1), join(t, server, 2)];
  const sink = ask(one.desk, "host-2", { seconds: 0.5 });
  await eventually(() => sink.lines.length > 0, "progress");
  server.detach(server.ports[1]!);
  const line = await sink.last();
  assert.ok(line.type === "failed" && line.code === "timeout", JSON.stringify(line));
  assert.match(line.message, /'Host-2' was there/);
});

/** Plugging into a VDE switch: what may go wrong on the way, and what ends it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { openVde } from "../../src/link/vde-client.js";
import { eventually } from "../support/clock.js";
import { frame, records } from "../support/peers.js";
import { temporaryFolder } from "../support/server.js";
import { FakeVdeSwitch, sockaddr, vdeRequest } from "../support/vde-peer.js";

type Answer = Parameters<typeof FakeVdeSwitch.start>[1];

async function start(t: TestContext, answer?: Answer): Promise<{ vde: FakeVdeSwitch; folder: string }> {
  const folder = temporaryFolder(t);
  const vde = await FakeVdeSwitch.start(folder, answer);
  t.after(() => vde.stop());
  return { vde, folder };
}

/** What is in the folder and not the switch's own. */
function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("."));
}

describe("plugging into a VDE switch", () => {
  test("asks for a port by number and name, in one write, and sends from a path in its folder", async (t) => {
    const { vde, folder } = await start(t);
    const link = await openVde({ folder, port: 9, description: "tapswitch lab" });
    t.after(() => link.close());
    const [own] = leftIn(folder);
    const expected = vdeRequest(join(folder, own!), { port: 9, description: "tapswitch lab" });
    assert.deepEqual(vde.requests, [expected]);
    assert.match(own!, new RegExp(`^\\.tapswitch-${process.pid}-\\d+$`));
  });

  test("takes an answer that comes in pieces", async (t) => {
    const { folder } = await start(t, (control, data) => {
      const bytes = sockaddr(data);
      control.write(bytes.subarray(0, 50));
      setTimeout(() => control.write(bytes.subarray(50)), 20);
    });
    (await openVde({ folder })).close();
  });

  test("ends the link when the switch ends the connection, and leaves nothing in its folder", async (t) => {
    const { vde, folder } = await start(t);
    const link = await openVde({ folder });
    const closes: (Error | undefined)[] = [];
    link.start({
      batch: () => undefined,
      drain: () => undefined,
      dropped: () => undefined,
      close: (error) => closes.push(error),
    });
    vde.controls[0]!.destroy();
    await eventually(() => closes.length === 1, "the end");
    assert.match(closes[0]!.message, /the VDE switch .* went away/);
    assert.deepEqual(leftIn(folder), []);
  });

  test("counts what is above 1,518 bytes, which the switch would cut off without a word", async (t) => {
    const { vde, folder } = await start(t);
    const link = await openVde({ folder });
    t.after(() => link.close());
    const lost: [string, number][] = [];
    link.start({
      batch: () => undefined,
      drain: () => undefined,
      dropped: (reason, count) => lost.push([reason, count]),
      close: () => undefined,
    });
    const bytes = records(...[1_519, 1_518, 9_014].map((length) => frame({ length })));
    link.send(bytes, 0, bytes.length);
    await eventually(() => vde.data.frames.length === 1, "the frame");
    assert.deepEqual([vde.data.frames[0]!.length, lost], [1_518, [["oversize", 2]]]);
  });
});

describe("plugging into a VDE switch fails, and leaves nothing behind,", () => {
  test("where there is none", async (t) => {
    const folder = temporaryFolder(t);
    await assert.rejects(openVde({ folder }), { code: "unreachable", message: /nobody serves .*ctl/ });
    createServer().listen(join(folder, "ctl")).close();
  });

  const answers: [string, Answer, string, RegExp][] = [
    ["where it refuses", (control) => control.destroy(), "unreachable", /refused us a port/],
    [
      "where it ends half-way",
      (control) => control.end(Buffer.alloc(60)),
      "unreachable",
      /refused us a port/,
    ],
    ["where it names no path", (control) => control.write(Buffer.alloc(110)), "protocol", /no path/],
    [
      "where nobody is at the path that it names",
      (control) => control.write(sockaddr("/nowhere/data")),
      "unreachable",
      /cannot send to the VDE switch's '\/nowhere\/data' \(ENOENT\)/,
    ],
  ];
  for (const [title, answer, code, message] of answers)
    test(title, async (t) => {
      const { folder } = await start(t, answer);
      await assert.rejects(openVde({ folder }), { code, message });
      assert.deepEqual(leftIn(folder), []);
    });
});

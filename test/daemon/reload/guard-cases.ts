/** A change of each option about guards, and what is different then. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { eventually } from "../../support/clock.js";
import { BROADCAST, frame } from "../../support/frames.js";
import { Reloadable } from "../../support/reloadable.js";

export const GUARD_CASES = {
  dhcpGuard: (t: TestContext) => appears(t, { dhcpGuard: true }, "guard"),
  raGuard: (t: TestContext) => appears(t, { raGuard: true }, "guard"),
  addressGuard: (t: TestContext) => appears(t, { addressGuard: "strict" }, "guard"),
  suppression: (t: TestContext) => appears(t, { suppression: true }, "suppression"),
  dhcp: (t: TestContext) => appears(t, { dhcp: { subnet: "10.0.0.0/24" } }, "dhcp"),
  mirror: async (t: TestContext): Promise<void> => {
    const one = await Reloadable.start(t);
    const [here] = [await one.join({ name: "here" }), await one.join({ name: "there" })];
    await one.change({ mirror: { to: "there", from: "h*" } });
    here.send(frame({ to: BROADCAST, from: "02:00:00:00:77:77" }));
    const lan = one.server.network("default")!.switch;
    const port = lan.ports.find(({ name }) => name === "there")!;
    await eventually(() => port.counters.framesOut === 2, "the frame and its copy");
  },
};

/** The part of that name takes part from now on, and who was there stays. */
async function appears(
  t: TestContext,
  options: Readonly<Record<string, unknown>>,
  name: string,
): Promise<void> {
  const one = await Reloadable.start(t);
  const stays = await one.join();
  const lan = one.server.network("default")!.switch;
  assert.ok(!(name in lan.figures()));
  await one.change(options);
  assert.ok(name in lan.figures());
  await one.change(Object.fromEntries(Object.keys(options).map((key) => [key, undefined])));
  assert.ok(!(name in lan.figures()));
  const other = await one.join({ instance: "another-instance" });
  other.send(frame({ to: BROADCAST, from: "02:00:00:00:99:99" }));
  await stays.gotFrames(1);
}

/** A port gets copies of what goes through others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Filter } from "../../src/frame/filter.js";
import { MIRROR_BYTES, Mirror } from "../../src/switch/guard/mirror.js";
import { arpRequest, frame } from "../support/frames.js";
import { Lab } from "../support/topology.js";

function office(from: string, filter: string | null = null) {
  const lab = new Lab();
  const lan = lab.switch();
  const options = { to: "analyser", from: (name: string) => from.split(",").includes(name) };
  const mirror = new Mirror(lan, { ...options, filter: filter === null ? null : new Filter(filter) });
  const hosts = lab.hosts(lan, "anna", "ben", "analyser");
  for (const host of [hosts.anna, hosts.ben]) host.announces();
  lan.observe(mirror);
  /** Copies leave behind the batch. */
  const rest = async (): Promise<void> => {
    await Promise.resolve();
    lab.settle();
  };
  return { lab, lan, mirror, ...hosts, rest };
}

test("copies what comes in and goes out of a port, once each", async () => {
  const { anna, ben, analyser, rest } = office("anna");
  const [there, back] = [frame({ to: ben, from: anna }), frame({ to: anna, from: ben })];
  anna.sends(there).reaches(ben);
  await rest();
  analyser.got(there);
  ben.sends(back).reaches(anna);
  await rest();
  analyser.got(back);
});

test("copies what its filter wants, and nothing of its own port", async () => {
  const { anna, ben, analyser, rest, mirror } = office("anna,analyser", "arp");
  anna.sends(frame({ to: ben, from: anna }));
  await rest();
  analyser.got();
  analyser.sends(arpRequest(analyser, "10.0.0.9"));
  await rest();
  assert.equal(mirror.figures.copied, 1, "as it leaves towards anna, which is copied, and no more");
});

test("more copies than there is room for are lost, and nothing else", async () => {
  const { anna, ben, analyser, rest, mirror } = office("anna");
  const size = 1_500;
  const frames = Array.from({ length: Math.ceil(MIRROR_BYTES / size) + 20 }, () =>
    frame({ to: ben, from: anna }, size),
  );
  anna.sends(...frames).reaches(ben);
  await rest();
  assert.equal(analyser.inbox.length, mirror.figures.copied);
  assert.equal(mirror.figures.copied + mirror.figures.lost, frames.length);
});

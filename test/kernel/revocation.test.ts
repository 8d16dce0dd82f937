import assert from "node:assert/strict";
import type { Child } from "../../src/cli/demo/lab.js";
import { kernelTest } from "../support/kernel.js";
import { until } from "../support/kernel-network.js";
import { Site } from "../support/kernel-site.js";

kernelTest("a revoked member's pings stop within 2 s, and those of the others lose none", async (lab, t) => {
  const site = await Site.build(lab, t);
  await site.serve();
  const joins: Record<string, Child> = {};
  for (const [index, host] of ["a", "b", "c"].entries()) {
    const child = site.join(host, await site.ask("invite", "--name", host), `10.10.0.${index + 1}/24`);
    await child.waitFor(/joined/);
    joins[host] = child;
  }
  const [steady, revoked] = ["a", "b"].map((host) =>
    lab.spawn(host, ["ping", "-D", "-i", "0.05", "10.10.0.3"]),
  );
  for (const ping of [steady!, revoked!]) await ping.waitFor(/icmp_seq=20 /);
  const asked = Date.now() / 1_000;
  await site.ask("revoke", "b");
  const done = Date.now() / 1_000;
  await joins["b"]!.waitFor(/revoked/, 2_000);
  const count = answers(steady!).length;
  await until(() => answers(steady!).length > count + 80, "answers for 4 s more");
  await Promise.all([steady!, revoked!].map((ping) => endOf(ping)));

  const last = answers(revoked!).at(-1)!.at;
  assert.ok(last < asked + 2, `the revoked member's last answer came ${last - asked} s after the command`);
  const seen = answers(steady!).filter(({ at }) => at > done + 2);
  assert.ok(seen.length >= 10, `only ${seen.length} answers after the 2 s`);
  const numbers = answers(steady!).map(({ number }) => number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  // The last one may have been under way.
  assert.ok(Number(/(\d+) packets transmitted/.exec(steady!.stdout)?.[1]) <= numbers.length + 1);
  assert.doesNotMatch(joins["a"]!.output + joins["c"]!.output, /trying again/);
  assert.deepEqual((await site.ask("members")).match(/^[abc] .* now /gm)?.length, 2);
});

/** The pings that were answered, and when, in seconds since 1970. */
function answers(ping: Child): { at: number; number: number }[] {
  return [...ping.stdout.matchAll(/^\[([\d.]+)\] .*icmp_seq=(\d+) ttl=/gm)].map(([, at, number]) => ({
    at: Number(at),
    number: Number(number),
  }));
}

/** Has a ping print its sum and end. */
async function endOf(ping: Child): Promise<void> {
  ping.signal("SIGINT");
  await ping.exit;
}

/** The examples of attached wires, as they are written. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { kernelTest } from "../support/kernel.js";
import { join, overlay, ping, READABLE, SERVER_URL, underlay, until } from "../support/kernel-network.js";

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

kernelTest(
  "examples/nic.yaml lets a host on the wire and one that has joined ping each other",
  async (lab) => {
    await underlay(lab, ["a"]);
    await lab.host("w");
    const wired = { host: "w", device: "eth0", addresses: ["10.10.0.77/24"] };
    await lab.cable(wired, { host: "s", device: "eth1" });
    const file = ["--config", example("nic.yaml"), "--listen", SERVER_URL, "--insecure"];
    const server = lab.tapswitch("s", "serve", ...READABLE, ...file);
    await server.waitFor(/listening/);
    await join(lab, "a");
    await ping(lab, "w", overlay("a").v4);
  },
);

kernelTest("examples/lab.yaml puts two sites at the ends of a bad line", async (lab) => {
  for (const host of ["s", "one", "two"]) await lab.host(host);
  const server = lab.tapswitch("s", "serve", ...READABLE, "--config", example("lab.yaml"));
  await server.waitFor(/listening/);
  for (const [site, host] of [
    ["site1", "one"],
    ["site2", "two"],
  ] as const) {
    await until(
      async () => (await lab.run("s", ["ip", "link", "show", site])).status === 0,
      `the device ${site}`,
    );
    await lab.ip("s", "link", "set", site, "netns", lab.namespace(host));
    await lab.up(host, site, [`10.0.0.${site.slice(-1)}/24`]);
  }
  const times: number[] = [];
  await until(async () => {
    const { stdout } = await lab.run("one", ["ping", "-c", "1", "-W", "5", "10.0.0.2"]);
    for (const [, ms] of stdout.matchAll(/time=([\d.]+) ms/g)) times.push(Number(ms));
    return times.length >= 3;
  }, "three answers");
  for (const time of times) assert.ok(time >= 70, times.join());
});

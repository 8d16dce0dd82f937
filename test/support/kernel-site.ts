/** What kernel tests of members begin with: a switch host that admits members only, and hosts with keys of their own. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Child, Lab } from "../../src/cli/demo/lab.js";

export const SERVER = "10.9.0.1";
export const PROGRAM = new URL("../../../bin/tapswitch.js", import.meta.url).pathname;
/** A ping's payload that no key exchange would make by chance. */
export const PLAINTEXT = "746170737769746368"; // "tapswitch"

/** A switch host and three others, each with a state folder of its own. */
export class Site {
  readonly lab: Lab;
  readonly #folder: string;

  constructor(lab: Lab, t: TestContext) {
    this.lab = lab;
    this.#folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
    chmodSync(this.#folder, 0o711); // some of its processes are not root
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  static async build(lab: Lab, t: TestContext): Promise<Site> {
    await lab.star("s", { s: `${SERVER}/24`, a: "10.9.0.2/24", b: "10.9.0.3/24", c: "10.9.0.4/24" });
    return new Site(lab, t);
  }

  state(host: string): string {
    return join(this.#folder, host);
  }

  async serve(...args: string[]): Promise<Child> {
    const server = this.lab.tapswitch(
      "s",
      "serve",
      "--log-format",
      "human",
      "--state",
      this.state("s"),
      "--advertise",
      `${SERVER}:9621`,
      ...args,
    );
    await server.waitFor(/listening on tls:\/\/\[::\]:9621/);
    return server;
  }

  /** Runs a command of the switch host to its end. */
  async ask(...args: string[]): Promise<string> {
    const argv = [process.execPath, PROGRAM, ...args, "--state", this.state("s")];
    return (await this.lab.run("s", argv, { check: true })).stdout.trim();
  }

  join(host: string, url: string, ip: string, ...args: string[]): Child {
    return this.lab.tapswitch(
      host,
      "join",
      url,
      "--state",
      this.state(host),
      "--dev",
      "tap0",
      "--ip",
      ip,
      ...args,
    );
  }

  async ping(host: string, to: string): Promise<boolean> {
    const argv = ["ping", "-c", "1", "-W", "1", "-p", PLAINTEXT, to];
    return (await this.lab.run(host, argv)).status === 0;
  }
}

/** A join in the test's own process, without a device and so without root. */
import type { TestContext } from "node:test";
import { monotonicClock } from "../../src/clock.js";
import { JOIN, type JoinConfig } from "../../src/config/join-config.js";
import { type Settled, settle } from "../../src/config/settle.js";
import type { ReloadReport } from "../../src/control/inspect-api.js";
import { Joiner } from "../../src/daemon/joiner.js";
import type { PortSnapshot } from "../../src/switch/port.js";
import { eventually } from "./clock.js";
import { Peer } from "./peers.js";
import { type LogLine, recordedLog, temporaryFolder } from "./server.js";

export class TestJoin {
  readonly joiner: Joiner;
  readonly lines: LogLine[];
  /** Path of its first listener. */
  readonly path: string;
  readonly ended: Promise<unknown>;
  #given: Record<string, unknown>;

  /** Joins `server`; resolves when it listens. */
  static async start(t: TestContext, server: string, given: Record<string, unknown> = {}): Promise<TestJoin> {
    const one = new TestJoin(t, server, given);
    await eventually(() => one.joiner.bound.length > 0, "a listener");
    return one;
  }

  private constructor(t: TestContext, server: string, given: Record<string, unknown>) {
    this.path = `${temporaryFolder(t)}/vms.sock`;
    this.#given = { server, tap: false, listen: [`unix://${this.path}`], ...given };
    const { log, lines } = recordedLog();
    this.lines = lines;
    const read = (): Settled<JoinConfig> => settle(JOIN, { flags: this.#given });
    const { config, values } = read();
    this.joiner = new Joiner(config, log, monotonicClock, { source: { values, read } });
    this.ended = this.joiner.run().then(
      () => null,
      (error: unknown) => error,
    );
    t.after(() => {
      this.joiner.stop();
      return this.ended;
    });
  }

  /** Resolves when it has a session. */
  up(): Promise<void> {
    return eventually(() => this.joiner.uplink.state === "up", "the uplink to be up");
  }

  /** Resolves when it has none. */
  down(): Promise<void> {
    return eventually(() => this.joiner.uplink.state !== "up", "the uplink to be down");
  }

  connect(path = this.path): Promise<Peer> {
    return Peer.connect({ path });
  }

  /** Changes these options, others not, and reloads. */
  change(given: Record<string, unknown>): Promise<ReloadReport> {
    this.#given = { ...this.#given, ...given };
    return this.joiner.reload();
  }

  get ports(): readonly PortSnapshot[] {
    return this.joiner.snapshot().ports;
  }
}

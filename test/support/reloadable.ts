/** A server whose configuration a test can change while it runs. */
import type { TestContext } from "node:test";
import { monotonicClock } from "../../src/clock.js";
import { SERVE, type ServeConfig } from "../../src/config/serve-config.js";
import { type Settled, settle } from "../../src/config/settle.js";
import type { ReloadReport } from "../../src/control/inspect-api.js";
import { Server } from "../../src/daemon/server.js";
import { Peer } from "./peers.js";
import { type LogLine, recordedLog } from "./server.js";

export class Reloadable {
  readonly server: Server;
  readonly lines: LogLine[];
  #given: Record<string, unknown>;

  private constructor(given: Record<string, unknown>) {
    const { log, lines } = recordedLog();
    this.#given = given;
    this.lines = lines;
    const read = (): Settled<ServeConfig> => settle(SERVE, { flags: this.#given });
    const { config, values } = read();
    this.server = new Server(config, log, { clock: monotonicClock, source: { values, read } });
  }

  static async start(t: TestContext, given: Record<string, unknown> = {}): Promise<Reloadable> {
    const made = new Reloadable({ listen: ["tcp://127.0.0.1:0"], ...given });
    await made.server.start();
    t.after(() => made.server.stop());
    return made;
  }

  /** Changes these options, others not, and reloads. An option of undefined goes. */
  change(given: Record<string, unknown>): Promise<ReloadReport> {
    this.#given = { ...this.#given, ...given };
    return this.server.reload();
  }

  port(index = 0): number {
    return Number(/:(\d+)(\/|$)/.exec(this.server.bound[index]!.slice("tcp://".length))![1]);
  }

  join(fields: Record<string, unknown> = {}, index = 0) {
    return Peer.join({ host: "127.0.0.1", port: this.port(index) }, fields);
  }

  connect(index = 0): Promise<Peer> {
    return Peer.connect({ host: "127.0.0.1", port: this.port(index) });
  }

  said(): string[] {
    return this.lines.map(({ msg }) => msg);
  }
}

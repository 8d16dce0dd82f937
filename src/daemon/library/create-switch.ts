/** A switch for a program that has no daemon around it: it keeps its own time. */
import { monotonicClock } from "../../clock.js";
import { Switch, type SwitchOptions } from "../../switch/switch.js";

const TICK_MS = 1_000;

export type CreateSwitchOptions = Partial<SwitchOptions>;

/** A switch whose housekeeping is done once a second, until `close`. It does not keep the process alive. */
export class OwnSwitch extends Switch {
  readonly #timer: NodeJS.Timeout;

  constructor(options: SwitchOptions) {
    super(options);
    this.#timer = setInterval(() => this.tick(options.clock.now()), TICK_MS).unref();
  }

  /** Ends all of its links, and takes their ports away. */
  close(): void {
    clearInterval(this.#timer);
    for (const port of [...this.ports]) {
      const { link } = port;
      this.detach(port);
      link?.close();
    }
  }
}

/** A switch without ports: `attach` links to it. */
export function createSwitch(options: CreateSwitchOptions = {}): OwnSwitch {
  return new OwnSwitch({ name: "default", clock: monotonicClock, ...options });
}

import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { monotonicClock } from "../../clock.js";
import type { ControlClient } from "../../control/control-client.js";
import { TapswitchError } from "../../errors.js";
import { ExitStatus } from "../exit-status.js";
import { controlOption, findProcess } from "../find-process.js";
import { type Look, lookOf } from "../format/look.js";
import { parseSeconds } from "../seconds.js";
import { FullScreen } from "./full-screen.js";
import { type Picture, TopHistory } from "./top-history.js";
import { INITIAL_STATE, pressed, SORT_KEYS, type SortKey, shownFlows, type TopState } from "./top-state.js";
import { portRows, topLines } from "./top-view.js";

const EXAMPLES = `
Examples:
  tapswitch top
      rates of all ports, the busiest first
  tapswitch top --network blue --sort drops
      one network, those that lose most first

Keys: q quits, s sorts by the next column, r turns the order round, n shows the next network, space pauses,
? explains them.`;

const MINUTE_MS = 60_000;
/** The first rates come soon. */
const FIRST_MS = 300;

interface TopOptions {
  readonly control?: string;
  readonly interval: string;
  readonly network?: string;
  readonly sort: SortKey;
}

export function topCommand(): Command {
  return new Command("top")
    .description("watch the ports live: rates, drops, the last minute")
    .option("--interval <seconds>", "time between two looks", "1")
    .option("-n, --network <name>", "begin with this network only")
    .addOption(new Option("--sort <key>", "begin with this order").choices([...SORT_KEYS]).default("in"))
    .addOption(controlOption())
    .addHelpText("after", EXAMPLES)
    .action(top);
}

async function top({ control, interval, network, sort }: TopOptions): Promise<void> {
  const everyMs = parseSeconds("--interval", interval);
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new TapswitchError("usage", "top needs a terminal: 'tapswitch ports --watch' prints anywhere");
  const client = await findProcess(control);
  await new Top(client, everyMs, { ...INITIAL_STATE, sort, network: network ?? null }).run();
}

/** Looks, draws and listens to keys until one of them ends it. */
class Top {
  readonly #client: ControlClient;
  readonly #everyMs: number;
  readonly #history: TopHistory;
  readonly #screen = new FullScreen({
    key: (name) => this.#press(name),
    redraw: () => this.#draw(),
    end: () => this.#end(),
  });
  readonly #look: Look = lookOf(process.stdout);
  #state: TopState;
  #picture: Picture | undefined;
  #trouble: string | null = null;

  constructor(client: ControlClient, everyMs: number, state: TopState) {
    this.#client = client;
    this.#everyMs = everyMs;
    this.#state = state;
    this.#history = new TopHistory(Math.max(2, Math.round(MINUTE_MS / everyMs)));
  }

  /** Ends with the process, or by an error. */
  async run(): Promise<never> {
    this.#picture = await this.#ask();
    checkNetwork(this.#picture, this.#state);
    this.#screen.open();
    try {
      for (let pauseMs = Math.min(FIRST_MS, this.#everyMs); ; pauseMs = this.#everyMs) {
        await sleep(pauseMs);
        await this.#step();
      }
    } finally {
      this.#screen.close();
    }
  }

  /** A process that is gone may come back: it is asked on, and what was seen last stays. */
  async #step(): Promise<void> {
    try {
      const picture = await this.#ask();
      if (!this.#state.paused) this.#picture = picture;
      this.#trouble = null;
    } catch (error) {
      if (!(error instanceof TapswitchError)) throw error;
      this.#trouble = error.message;
    }
    this.#draw();
  }

  async #ask(): Promise<Picture> {
    const [status, ports] = await Promise.all([this.#client.status({}), this.#client.ports({})]);
    return this.#history.record(status, ports, monotonicClock.now());
  }

  #press(key: string): void {
    if (key === "q" || key === "quit") this.#end();
    const picture = this.#picture!;
    const ports = shownFlows(picture, this.#state).length;
    const networks = picture.status.networks.map(({ name }) => name);
    this.#state = pressed(this.#state, key, { networks, ports, rows: portRows(this.#screen.size) });
    this.#draw();
  }

  /** At once, whatever answer is still to come. */
  #end(): never {
    this.#screen.close();
    process.exit(ExitStatus.ok);
  }

  #draw(): void {
    const { size } = this.#screen;
    this.#screen.draw(topLines(this.#picture!, this.#state, size, { ...this.#look, trouble: this.#trouble }));
  }
}

function checkNetwork({ status: { networks } }: Picture, { network }: TopState): void {
  if (network === null || networks.some(({ name }) => name === network)) return;
  const known = networks.map(({ name }) => name).join(", ");
  throw new TapswitchError("unknown-network", `there is no network '${network}' here: ${known}`);
}

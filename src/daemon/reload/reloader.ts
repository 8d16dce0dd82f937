/**
 * The configuration that a process runs with, and how it comes to another one. What has changed is taken over option
 * by option; an option that only a new start can take keeps its value, and is named. All of it happens, or, where
 * something is wrong, nothing.
 */
import { changedKeys } from "../../config/changes.js";
import type { OptionValue } from "../../config/config-kind.js";
import type { Settled } from "../../config/settle.js";
import type { EventHub } from "../../control/event-hub.js";
import type { ReloadReport } from "../../control/inspect-api.js";
import type { Log } from "../log.js";

/** For each option, whether a running process can take another value. */
export type ReloadTable<Config> = { readonly [Key in keyof Config]-?: "live" | "restart" };

/** Where a configuration comes from. */
export interface ConfigSource<Config> {
  /** What it said at the start. */
  readonly values: readonly OptionValue[];
  /** Reads all of it again. Throws `usage`, which says each mistake on a line of its own. */
  read(): Settled<Config>;
}

export interface ReloaderOptions<Config> {
  readonly config: Config;
  /** Absent where the configuration cannot change. */
  readonly source: ConfigSource<Config> | undefined;
  readonly table: ReloadTable<Config>;
  readonly log: Log;
  readonly hub: EventHub;
  /** Takes over what is live, all or nothing. Answers with what deserves more words than an option's two values. */
  apply(next: Config): Promise<ReloadReport>;
}

export class Reloader<Config extends object> {
  readonly #options: ReloaderOptions<Config>;
  #config: Config;
  #values: readonly OptionValue[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions<Config>) {
    this.#options = options;
    this.#config = options.config;
    this.#values = options.source?.values ?? [];
  }

  /** What holds now. */
  get config(): Config {
    return this.#config;
  }

  /** What holds now, and where it came from. */
  get values(): readonly OptionValue[] {
    return this.#values;
  }

  /** One after the other. Rejects with `usage` and others, having changed nothing; says so in the log, too. */
  reload(): Promise<ReloadReport> {
    const report = this.#last.then(() => this.#reload());
    this.#last = report.catch(() => undefined);
    return report;
  }

  async #reload(): Promise<ReloadReport> {
    const { log, hub } = this.#options;
    try {
      const report = await this.#takeOver();
      for (const what of report.applied) log.info(`reloaded: ${what}`);
      for (const what of report.restart) log.warn(`not reloaded, needs a restart: ${what}`);
      if (report.applied.length + report.restart.length === 0) log.info("reloaded: nothing has changed");
      hub.publish("config-reloaded", {}, `reloaded: ${report.applied.join(", ") || "nothing has changed"}`);
      return report;
    } catch (error) {
      for (const line of (error as Error).message.split("\n")) log.error(`not reloaded: ${line}`);
      throw error;
    }
  }

  async #takeOver(): Promise<ReloadReport> {
    const { source, table, apply } = this.#options;
    const read = source?.read();
    const wanted = read?.config ?? this.#config;
    const changed = changedKeys(this.#config, wanted);
    const later = new Set<string>(changed.filter((key) => table[key] === "restart"));
    const next = { ...wanted };
    for (const key of later) this.#keep(next, key as keyof Config);
    const details = await apply(next);
    const before = this.#values;
    this.#config = next;
    if (read !== undefined) this.#values = merged(read.values, before, later);
    const told = new Set([...details.applied, ...details.restart].map((line) => line.split(":")[0]));
    const plain = changed.filter((key) => !later.has(key) && !told.has(key));
    return {
      applied: [...plain.map((key) => this.#difference(key, before)), ...details.applied],
      restart: [...later, ...details.restart],
    };
  }

  #keep(next: Config, key: keyof Config): void {
    if (key in this.#config) next[key] = this.#config[key];
    else delete next[key];
  }

  /** "mtu: 1500, now 9000". */
  #difference(key: string, before: readonly OptionValue[]): string {
    const [from, to] = [before, this.#values].map((values) =>
      shown(values.find(({ option }) => option === key)),
    );
    return `${key}: ${from}, now ${to}`;
  }
}

/** What holds: of those that need a restart, still what there was. */
function merged(
  values: readonly OptionValue[],
  before: readonly OptionValue[],
  later: ReadonlySet<string>,
): OptionValue[] {
  return values.map((value) => {
    const kept = later.has(value.option) ? before.find(({ option }) => option === value.option) : undefined;
    return kept ?? value;
  });
}

function shown(value: OptionValue | undefined): string {
  if (value === undefined || value.value === null) return "none";
  return typeof value.value === "string" ? value.value : JSON.stringify(value.value);
}

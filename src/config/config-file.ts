/** `tapswitch.yaml`: one section for each command that takes it, so that one file can describe a whole host. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { errnoOf, TapswitchError } from "../errors.js";
import { nearName } from "./near-name.js";
import { type Problem, pathText } from "./problem.js";
import { type Place, YamlText } from "./yaml-text.js";

export const SECTIONS = ["serve", "join"] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Far above any real one: a thousand listeners with long paths. */
const MAX_BYTES = 262_144;
const OTHERS = 0o007;

export class ConfigFile {
  readonly path: string;
  /** What is wrong before any option is looked at. */
  readonly problems: readonly Problem[];
  /** Whether everyone on this machine may read or change it. */
  readonly isOpenToOthers: boolean;
  readonly #yaml: YamlText;
  readonly #sections: Readonly<Record<string, unknown>>;

  constructor(path: string, content: string, mode = 0o600) {
    this.path = path;
    this.isOpenToOthers = (mode & OTHERS) !== 0;
    this.#yaml = new YamlText(content);
    const { value, mistakes } = this.#yaml;
    this.#sections = isMapping(value) ? value : {};
    this.problems =
      mistakes.length > 0
        ? mistakes.map(({ place, message }) => this.#problem(place, "", message))
        : this.#unknownSections(value);
  }

  /** Throws `usage` where it cannot be read; what is wrong in it is in `problems`. */
  static read(path: string): ConfigFile {
    try {
      const file = openSync(path, "r");
      try {
        const { size, mode } = fstatSync(file);
        if (size > MAX_BYTES)
          throw new TapswitchError("usage", `'${path}' is longer than ${MAX_BYTES} bytes`);
        return new ConfigFile(path, readFileSync(file, "utf8"), mode);
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      if (cause instanceof TapswitchError) throw cause;
      const fix = "name another with --config, or give it to the user who runs this";
      throw new TapswitchError("usage", `cannot read '${path}' (${errnoOf(cause)}): ${fix}`, { cause });
    }
  }

  has(section: SectionName): boolean {
    return Object.hasOwn(this.#sections, section);
  }

  /** What a section says; nothing where it is empty or absent. */
  section(name: SectionName): Readonly<Record<string, unknown>> {
    const found = this.has(name) ? this.#sections[name] : null;
    return isMapping(found) ? found : {};
  }

  /** Something is wrong with the value at `path`, which `shown` may repeat. */
  problem(path: readonly PropertyKey[], message: string, shown = ""): Problem {
    return this.#problem(this.#yaml.placeOf(path), `${pathText(path)}${shown}`, message);
  }

  #problem(place: Place, subject: string, message: string): Problem {
    return { at: { file: this.path, ...place }, subject, message };
  }

  #unknownSections(value: unknown): Problem[] {
    if (!isMapping(value))
      return [this.problem([], `the file is empty: begin it with ${SECTIONS.join(": or ")}:`)];
    return Object.entries(value).flatMap(([name, held]) => {
      if (!(SECTIONS as readonly string[]).includes(name)) return [this.unknownKey([name], SECTIONS)];
      return held === null || isMapping(held)
        ? []
        : [this.problem([name], "options are expected, each as 'name: value' on a line of its own")];
    });
  }

  unknownKey(path: readonly PropertyKey[], known: readonly string[]): Problem {
    const near = nearName(String(path.at(-1)), known);
    const fix = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
    return this.#problem(this.#yaml.placeOfKey(path), pathText(path), `there is no such option: ${fix}`);
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What Wireshark calls to list tapswitch's networks and ports and to capture from them (its "extcap" interface). It
 * asks at every start and waits, so this is a program of its own that loads next to nothing: neither the command line
 * nor the addon.
 */
import { answerConfig } from "./config.js";
import { captureLive } from "./live.js";
import { findTarget, listSources } from "./sources.js";

const VALUES = new Set([
  "--extcap-interface",
  "--extcap-capture-filter",
  "--extcap-version",
  "--fifo",
  "--snaplen",
  "--direction",
  "--socket",
]);

/** What was asked for; a flag without a value is "true". */
type Asked = ReadonlyMap<string, string>;

/** Answers one call and sets the exit status. `argv` is without program and script. */
export async function extcap(argv: readonly string[]): Promise<void> {
  const extra: string[] = [];
  const asked = readArguments(argv, extra);
  try {
    await answer(asked, extra);
  } catch (error) {
    process.stderr.write(`tapswitch: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

async function answer(asked: Asked, extra: readonly string[]): Promise<void> {
  const filter = asked.get("--extcap-capture-filter") ?? "";
  if (asked.has("--extcap-interfaces")) await listInterfaces(extra);
  else if (asked.has("--extcap-dlts")) print(["dlt {number=1}{name=EN10MB}{display=Ethernet}"]);
  else if (asked.has("--extcap-config")) print(answerConfig());
  else if (asked.has("--capture")) await capture(asked, filter, extra);
  else if (filter !== "") print(await complaintsAbout(filter));
  else print(["Wireshark calls this program: 'tapswitch extcap install' puts it where it is found."]);
}

async function listInterfaces(extra: readonly string[]): Promise<void> {
  const sources = await listSources(extra);
  print([
    "extcap {version=1.0}{help=https://www.wireshark.org/docs/man-pages/extcap.html}",
    ...sources.map(({ id, display }) => `interface {value=${id}}{display=${display}}`),
  ]);
}

async function capture(asked: Asked, filter: string, extra: readonly string[]): Promise<void> {
  const [id, fifo] = [asked.get("--extcap-interface") ?? "", asked.get("--fifo")];
  const target = findTarget(id, extra);
  if (target === null || fifo === undefined) throw new Error(`there is no '${id}' to capture from any more`);
  const query: Record<string, string> = filter === "" ? {} : { filter };
  for (const name of ["drops", "split", "snaplen", "direction"]) {
    const value = asked.get(`--${name}`);
    if (value !== undefined && value !== "" && value !== "default") query[name] = value;
  }
  await captureLive({ target, fifo, query });
}

/** Nothing where the filter can be read. */
async function complaintsAbout(filter: string): Promise<string[]> {
  const { Filter } = await import("../../frame/filter.js");
  try {
    new Filter(filter);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Also "--name=value", as shells complete it. */
function readArguments(argv: readonly string[], extra: string[]): Asked {
  const asked = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const [, name = argv[at]!, joined] = /^(--[\w-]+)=(.*)$/s.exec(argv[at]!) ?? [];
    const value = joined ?? (VALUES.has(name) ? (argv[++at] ?? "") : "true");
    if (name === "--socket") extra.push(value);
    else asked.set(name, value);
  }
  return asked;
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

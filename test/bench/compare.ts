/**
 * Measures several tunnels in one run. Each round starts every tunnel anew, one at a time and each round in another
 * order, so that whatever else the machine does hits all of them alike; what is reported is the median of the rounds.
 */
import { Lab, missing } from "../../src/cli/demo/lab.js";
import { type Path, ping, pingUnderLoad, residentMegabytes, settle, tcp } from "./lab-figures.js";
import type { BenchOptions } from "./options.js";
import { packetRate, type Search } from "./packet-rate.js";
import { median } from "./report.js";
import { buildUnderlay, type TunnelKind } from "./tunnels/tunnel.js";

export type FigureName =
  | "tcp1"
  | "tcp4"
  | "tcpBoth"
  | "packets64"
  | "packets512"
  | "packets1400"
  | "idleP50"
  | "idleP99"
  | "loadedP50"
  | "loadedP99"
  | "cpuPerGb"
  | "memory";

export type Figures = Partial<Record<FigureName, number>>;

/** What is measured together: one measurement may give several figures. */
export type Part =
  | "tcp1"
  | "tcp4"
  | "tcpBoth"
  | "packets64"
  | "packets512"
  | "packets1400"
  | "idle"
  | "loaded";

/** The lowest and highest packet rate that is looked for. */
const RATES = { lowest: 2000, highest: 160_000 };
const NEEDS = ["iperf3"];

/** The medians for each tunnel, by its name; tunnels whose programs are not installed are named and left out. */
export async function compare(
  kinds: readonly TunnelKind[],
  parts: readonly Part[],
  options: BenchOptions,
): Promise<Map<string, Figures>> {
  const able = ableKinds(kinds, options.only);
  const measured = new Map<string, Figures[]>(able.map((kind) => [kind.name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const kind of rotate(able, round)) {
      const earlier = measured.get(kind.name)!;
      earlier.push(await measureOnce(kind, parts, earlier, options.quick));
      progress(`round ${round + 1} of ${options.rounds}: ${kind.name}`);
    }
  }
  progress("");
  return new Map([...measured].map(([name, rounds]) => [name, medians(rounds)]));
}

function ableKinds(kinds: readonly TunnelKind[], only: readonly string[]): TunnelKind[] {
  const lacking = missing(NEEDS);
  if (lacking.length > 0) throw new Error(lacking.join(" "));
  const wanted = kinds.filter((kind) => only.length === 0 || only.some((text) => kind.name.includes(text)));
  return wanted.filter((kind) => {
    const absent = missing(kind.needs);
    if (absent.length > 0) console.log(`left out: ${kind.name}. ${absent.join(" ")}`);
    return absent.length === 0;
  });
}

async function measureOnce(
  kind: TunnelKind,
  parts: readonly Part[],
  earlier: readonly Figures[],
  quick: boolean,
): Promise<Figures> {
  const lab = new Lab();
  try {
    await buildUnderlay(lab, ["s", "a", "b"]);
    const tunnel = await kind.start(lab);
    const path: Path = { lab, from: tunnel.a, to: tunnel.b, children: tunnel.children };
    await settle(path);
    const figures: Figures = {};
    for (const part of parts) {
      const found = measurePart(path, part, medians(earlier), quick);
      Object.assign(figures, await found.catch((error: unknown) => complain(`${kind.name}, ${part}`, error)));
    }
    figures.memory = residentMegabytes(path);
    return figures;
  } catch (error) {
    return complain(kind.name, error);
  } finally {
    await lab.close();
  }
}

/** One measurement that fails leaves a gap in the table; it does not end a run of an hour. */
function complain(what: string, error: unknown): Figures {
  console.error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  return {};
}

async function measurePart(path: Path, part: Part, earlier: Figures, quick: boolean): Promise<Figures> {
  const [seconds, pings] = quick ? [1, 100] : [3, 400];
  switch (part) {
    case "tcp1": {
      const { gbits, cpuSecondsPerGb } = await tcp(path, seconds);
      return { tcp1: gbits, cpuPerGb: cpuSecondsPerGb };
    }
    case "tcp4":
      return { tcp4: (await tcp(path, seconds, "-P", "4")).gbits };
    case "tcpBoth":
      return { tcpBoth: (await tcp(path, seconds, "--bidir")).gbits };
    case "idle": {
      const { p50, p99 } = await ping(path, pings);
      return { idleP50: p50, idleP99: p99 };
    }
    case "loaded": {
      const { p50, p99 } = await pingUnderLoad(path, pings);
      return { loadedP50: p50, loadedP99: p99 };
    }
    default:
      return {
        [part]: await packetRate(path, Number(part.slice("packets".length)), search(earlier[part], quick)),
      };
  }
}

/** The first search is wide; later ones look around what was found before. */
function search(earlier: number | undefined, quick: boolean): Search {
  const seconds = quick ? 0.5 : 0.8;
  if (earlier === undefined || Number.isNaN(earlier)) return { seconds, steps: quick ? 5 : 7, ...RATES };
  const highest = Math.min(earlier * 1.6, RATES.highest);
  return { seconds, steps: quick ? 3 : 5, lowest: earlier / 1.6, highest };
}

function medians(rounds: readonly Figures[]): Figures {
  const names = new Set(rounds.flatMap((figures) => Object.keys(figures) as FigureName[]));
  return Object.fromEntries(
    [...names].map((name) => [name, median(rounds.map((f) => f[name] ?? Number.NaN))]),
  );
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const at = by % Math.max(items.length, 1);
  return [...items.slice(at), ...items.slice(0, at)];
}

/** One line that is overwritten by the next, where someone watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

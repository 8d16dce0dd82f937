/** The name that was probably meant: at most two letters amiss, blind to case, hyphens and underscores. */

const MOST_AMISS = 2;

export function nearName(given: string, known: readonly string[]): string | undefined {
  const wanted = plain(given);
  let best: { name: string; amiss: number } | undefined;
  for (const name of known) {
    const amiss = distance(wanted, plain(name));
    // Two letters of four make another word.
    const most = Math.min(MOST_AMISS, Math.floor(name.length / 3));
    if (amiss <= most && amiss < (best?.amiss ?? Number.POSITIVE_INFINITY)) best = { name, amiss };
  }
  return best?.name;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/** Letters to add, take away or change to get from one to the other [Levenshtein]. */
function distance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > MOST_AMISS) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const change = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      line.push(Math.min(change, above[column]! + 1, line[column - 1]! + 1));
    }
    above = line;
  }
  return above[to.length]!;
}

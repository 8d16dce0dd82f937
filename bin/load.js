/** Loads the bundled program; where sources were compiled after it was bundled, the modules instead. */
import { statSync } from "node:fs";

const dist = (path) => new URL(`../dist/${path}`, import.meta.url);
const writtenMs = (path) => statSync(dist(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

export function load(bundled, modules) {
  if (process.argv.includes("--debug")) process.setSourceMapsEnabled(true);
  // Only a checkout has this file, which every compilation writes.
  const isOutdated = writtenMs(".tsbuildinfo") > writtenMs(bundled);
  return import(dist(isOutdated ? modules : bundled));
}

/** The programs of the README: every block of TypeScript in it. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

export interface Snippet {
  /** "readme-1.ts" */
  readonly name: string;
  readonly text: string;
}

export function readmeSnippets(): Snippet[] {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text], index) => ({
    name: `readme-${index + 1}.ts`,
    text: text!,
  }));
}

/** Compiles programs in `folder`, as strictly as can be; answers what the compiler says, "" if nothing. */
export function compile(folder: string, programs: readonly Snippet[]): string {
  for (const { name, text } of programs) writeFileSync(join(folder, name), text);
  const types = [
    "--types",
    "node",
    "--typeRoots",
    join(MODULES, "@types"),
    "--skipLibCheck",
    "false",
    "--ignoreConfig",
  ];
  const modern = ["--target", "es2023", "--module", "nodenext", "--strict", "--exactOptionalPropertyTypes"];
  const files = programs.map(({ name }) => name);
  const options = { cwd: folder, encoding: "utf8" } as const;
  return spawnSync(join(MODULES, ".bin/tsc"), [...types, ...modern, ...files], options).stdout;
}

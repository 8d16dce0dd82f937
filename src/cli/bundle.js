/**
 * Bundles the command line into dist/bundle: whoever asks a running process waits for the start of this program, and a
 * few chunks load in half the time of two hundred modules. What a command loads when it is called stays a chunk of its
 * own. The library and the programs that commands start are the modules in dist/src.
 */
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const outdir = at("../../dist/bundle");
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(at("../../package.json"), "utf8"));

/** Every command needs these; the others load files of their own, or are needed by few. */
const BUNDLED = ["commander", "picocolors", "zod"];

/** What is imported by name as a whole cannot be left out in part: zod brings the words of sixty languages. */
const onlyWhatIsUsed = {
  name: "only-what-is-used",
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace('import { z } from "zod"', 'import * as z from "zod"'),
      loader: "ts",
    }));
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { main: at("main.ts"), extcap: at("extcap/entry.ts") },
  outdir,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: true,
  sourcesContent: false,
  external: Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    (name) => !BUNDLED.includes(name),
  ),
  // Packages in the older form of modules ask for Node's own by `require`.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module";\nconst require = requireOf(import.meta.url);',
  },
  plugins: [onlyWhatIsUsed],
});

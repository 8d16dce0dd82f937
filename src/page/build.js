/** Bundles the web page into dist/src/page: four files that ask for nothing from anywhere else. */
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = at("../../dist/src/page/");

await build({
  entryPoints: { page: at("main.ts") },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
});
await build({ entryPoints: { page: at("page.css") }, outdir: target, bundle: true, minify: true });
for (const file of ["index.html", "icon.svg"]) copyFileSync(at(file), `${target}${file}`);

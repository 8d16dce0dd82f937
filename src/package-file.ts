/**
 * Where the files of this package are. The program runs both as modules in dist/src and as bundled chunks in
 * dist/bundle, so no other module may say where it is itself.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let root: string | undefined;

/** The absolute path of a file of the package, as "bin/tapswitch.js". */
export function packageFile(path: string): string {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return join(root, path);
}

function findRoot(start: string): string {
  let folder = start;
  while (!existsSync(join(folder, "package.json")) && folder !== "/") folder = dirname(folder);
  return folder;
}

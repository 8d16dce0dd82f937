import { readFileSync } from "node:fs";
import { packageFile } from "../package-file.js";

/** Of this package, as "1.2.3". */
export const version = (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string })
  .version;

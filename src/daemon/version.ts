import { readFileSync } from "node:fs";

const file = new URL("../../../package.json", import.meta.url);

/** Of this package, as "1.2.3". */
export const version = (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;

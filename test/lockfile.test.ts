import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface LockedPackage {
  readonly dev?: boolean;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

/** Compiles, so it needs a script; optional, since nothing depends on it. */
const MAY_RUN_SCRIPTS = new Set(["node_modules/raw-socket"]);

const lock = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")) as {
  packages: Record<string, LockedPackage>;
};
const packages = Object.entries(lock.packages).filter(([path]) => path !== "");

test("no package that users get runs a script at its installation", () => {
  const running = packages.filter(
    ([path, { dev, hasInstallScript }]) => hasInstallScript && !dev && !MAY_RUN_SCRIPTS.has(path),
  );
  assert.deepEqual(running, []);
});

test("the lockfile names no registry", () => {
  assert.deepEqual(
    packages.filter(([, { resolved }]) => resolved !== undefined),
    [],
  );
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { API_FILE, apiReport } from "./support/api-report.js";

test("the library looks as test/index.api.txt says; 'npm run api' writes it anew when a change is meant", () => {
  assert.deepEqual(apiReport().split("\n"), readFileSync(API_FILE, "utf8").split("\n"));
});

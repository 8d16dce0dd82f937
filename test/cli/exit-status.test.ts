import assert from "node:assert/strict";
import { test } from "node:test";
import { exitStatus } from "../../src/cli/exit-status.js";
import type { ErrorCode } from "../../src/errors.js";

const EXPECTED: Record<ErrorCode, number> = {
  usage: 2,
  "bad-endpoint": 2,
  "route-loop": 2,
  "no-permission": 3,
  missing: 3,
  "in-use": 4,
  "device-busy": 4,
  version: 5,
  "unknown-network": 5,
  "native-only": 5,
  protocol: 5,
  "already-connected": 1,
  full: 1,
  "device-gone": 1,
  system: 1,
  unreachable: 1,
  timeout: 1,
  bye: 1,
  "bad-state": 3,
  "bad-invite": 5,
  "invite-expired": 5,
  "invite-used": 5,
  "not-a-member": 5,
  revoked: 5,
  "not-authenticated": 5,
  "unknown-server": 6,
  "wrong-pin": 6,
  "not-found": 1,
};

for (const [code, status] of Object.entries(EXPECTED)) {
  test(`'${code}' ends with ${status}`, () => assert.equal(exitStatus(code as ErrorCode), status));
}

import type { ErrorCode } from "../errors.js";

/** What the process ends with. Documented in the README and in `tapswitch --help`. */
export const ExitStatus = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** A right, a device file or a tool is missing. */
  environment: 3,
  /** The address, path or device is in use. */
  inUse: 4,
  /** The server refused for good. */
  refused: 5,
  /** The server could not prove that it is the right one, or nothing says which one that is. */
  untrusted: 6,
} as const;

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  usage: ExitStatus.usage,
  "bad-endpoint": ExitStatus.usage,
  "route-loop": ExitStatus.usage,
  "no-permission": ExitStatus.environment,
  missing: ExitStatus.environment,
  "in-use": ExitStatus.inUse,
  "device-busy": ExitStatus.inUse,
  version: ExitStatus.refused,
  "unknown-network": ExitStatus.refused,
  "native-only": ExitStatus.refused,
  protocol: ExitStatus.refused,
  "bad-invite": ExitStatus.refused,
  "invite-expired": ExitStatus.refused,
  "invite-used": ExitStatus.refused,
  "not-a-member": ExitStatus.refused,
  revoked: ExitStatus.refused,
  "not-authenticated": ExitStatus.refused,
  "unknown-server": ExitStatus.untrusted,
  "wrong-pin": ExitStatus.untrusted,
  "bad-state": ExitStatus.environment,
};

export function exitStatus(code: ErrorCode): number {
  return BY_CODE[code] ?? ExitStatus.failure;
}

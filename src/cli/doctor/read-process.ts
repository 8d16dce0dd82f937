import { execFile } from "node:child_process";

/** A helper that takes longer is hung. */
const LIMIT_MS = 2_500;

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  /** An errno where it could not be started, its exit status where it failed, else null. */
  readonly failed: string | number | null;
}

/** Runs a helper to its end and takes what it says; never throws. */
export function readProcess(file: string, args: readonly string[]): Promise<Said> {
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" };
  return new Promise((resolve) => {
    execFile(file, args, { timeout: LIMIT_MS, env, maxBuffer: 8 << 20 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, failed: error === null ? null : (error.code ?? "no answer") }),
    );
  });
}

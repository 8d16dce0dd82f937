/** Tries a TAP device in a network namespace of its own, which ends with the trial: nobody on this host sees it. */
import { z } from "zod";
import { packageFile } from "../../package-file.js";
import { readProcess } from "./read-process.js";

const TRIAL = packageFile("dist/src/cli/doctor/tap-trial.js");

const Tried = z.object({ vnet: z.boolean(), offload: z.array(z.string()), carrier: z.boolean() });

/** What the kernel does, or why that cannot be seen here. */
export type TapProbe = z.output<typeof Tried> | { readonly why: string };

export async function tryTap(mayUnshare: boolean): Promise<TapProbe> {
  const apart = mayUnshare ? ["--net"] : ["--map-root-user", "--net"];
  const { stdout, stderr, failed } = await readProcess("unshare", [...apart, process.execPath, TRIAL]);
  const { data } = Tried.safeParse(failed === null ? JSON.parse(stdout) : null);
  return data ?? { why: failed === "ENOENT" ? "unshare is not installed" : stderr.trim().split("\n")[0]! };
}

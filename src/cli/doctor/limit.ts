import { TapswitchError } from "../../errors.js";

/** A server that takes longer than this for one step is as good as dead. */
export const STEP_MS = 3_000;

/** What `work` comes to, or `timeout`; the work itself goes on unheard. */
export function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TapswitchError("timeout", `no answer within ${ms / 1_000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

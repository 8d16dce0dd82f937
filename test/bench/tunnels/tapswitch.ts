/** Ours: `serve` on s, `join` on a and b. */
import type { Lab } from "../../../src/cli/demo/lab.js";
import { OVERLAY, type Tunnel, type TunnelKind, tunnelOver, UNDERLAY } from "./tunnel.js";

export const SERVER_URL = `tcp://${UNDERLAY.s}:9621`;

/** tapswitch with more options for `join`, which also name it. */
export function tapswitch(...joinOptions: string[]): TunnelKind {
  return {
    name: ["tapswitch", ...joinOptions].join(" "),
    needs: [],
    start: (lab) => startTapswitch(lab, [], joinOptions),
  };
}

/** The same with more options for either. */
export async function startTapswitch(
  lab: Lab,
  serveOptions: readonly string[],
  joinOptions: readonly string[] = [],
): Promise<Tunnel> {
  const children = [lab.tapswitch("s", "serve", "--listen", SERVER_URL, "--insecure", ...serveOptions)];
  await children[0]!.waitFor(/listening/);
  for (const host of ["a", "b"] as const) {
    const options = ["--dev", "tap0", "--ip", `${OVERLAY[host]}/24`, "--name", host, ...joinOptions];
    const client = lab.tapswitch(host, "join", SERVER_URL, ...options);
    children.push(client);
    await client.waitFor(/joined/);
  }
  return tunnelOver("tap0", children);
}

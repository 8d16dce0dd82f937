/** Ours as it starts by default: TLS, with members that were invited for this one run. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Child, Lab } from "../../../src/cli/demo/lab.js";
import { OVERLAY, type TunnelKind, temporaryFolder, tunnelOver, UNDERLAY } from "./tunnel.js";

const PROGRAM = fileURLToPath(new URL("../../../../bin/tapswitch.js", import.meta.url));

export const tapswitchTls: TunnelKind = {
  name: "tapswitch, TLS 1.3",
  needs: [],
  async start(lab) {
    const folder = temporaryFolder();
    const state = join(folder, "s");
    const children: Child[] = [
      lab.tapswitch("s", "serve", "--state", state, "--advertise", `${UNDERLAY.s}:9621`),
    ];
    await children[0]!.waitFor(/listening/);
    for (const host of ["a", "b"] as const) {
      const options = ["--dev", "tap0", "--ip", `${OVERLAY[host]}/24`, "--state", join(folder, host)];
      const client = lab.tapswitch(host, "join", await invite(lab, state), ...options);
      children.push(client);
      await client.waitFor(/joined/);
    }
    return tunnelOver("tap0", children);
  },
};

async function invite(lab: Lab, state: string): Promise<string> {
  const argv = [process.execPath, PROGRAM, "invite", "--state", state];
  return (await lab.run("s", argv, { check: true })).stdout.trim();
}

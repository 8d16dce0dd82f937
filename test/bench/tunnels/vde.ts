/** VDE 2: its switch with two taps on one machine, and its switch on b reached from a over TCP. */
import { join } from "node:path";
import type { Child, Lab } from "../../../src/cli/demo/lab.js";
import { address, type Tunnel, type TunnelKind, temporaryFolder, tunnelOver, UNDERLAY } from "./tunnel.js";

const PORT = 4000;
/** VDE's programs end when their standard input does. */
const KEEP = { holdInput: true };

/** One vde_switch; the namespaces share a file system, so both taps plug into its Unix socket. */
export const vdeLocal: TunnelKind = {
  name: "vde_switch, local only",
  needs: ["vde_switch", "vde_plug2tap"],
  start: (lab) =>
    inFolder(async (folder) => {
      const children = [await startSwitch(lab, "s", folder)];
      for (const host of ["a", "b"])
        children.push(lab.spawn(host, ["vde_plug2tap", "-s", join(folder, "ctl"), "tap0"]));
      return finish(lab, children);
    }),
};

/** The way VDE's manual joins machines: `dpipe` between a plug and a TCP connection. */
export const vdeOverTcp: TunnelKind = {
  name: "VDE over TCP",
  needs: ["vde_switch", "vde_plug2tap", "dpipe", "socat"],
  start: (lab) =>
    inFolder(async (folder) => {
      const vdeSwitch = await startSwitch(lab, "b", folder, "-t", "tap0");
      const listen = `TCP-LISTEN:${PORT},bind=${UNDERLAY.b},reuseaddr,nodelay`;
      const server = dpipe(lab, "b", ["vde_plug", join(folder, "ctl"), "=", "socat", "-", listen]);
      await lab.run("b", ["sh", "-c", `until ss -Hltn sport = ${PORT} | grep -q .; do sleep 0.02; done`]);
      const dial = `TCP:${UNDERLAY.b}:${PORT},nodelay`;
      const client = dpipe(lab, "a", ["vde_plug2tap", "-s", "-", "tap0", "=", "socat", "-", dial]);
      return finish(lab, [vdeSwitch, server, client]);
    }),
};

async function startSwitch(lab: Lab, host: string, folder: string, ...options: string[]): Promise<Child> {
  const child = lab.spawn(host, ["vde_switch", "-s", join(folder, "ctl"), ...options], KEEP);
  await lab.run(host, ["sh", "-c", `until [ -S ${folder}/ctl/ctl ]; do sleep 0.02; done`]);
  return child;
}

/** dpipe wants to lead a process group of its own, which a session's leader may not: a shell leads the session. */
function dpipe(lab: Lab, host: string, argv: readonly string[]): Child {
  return lab.spawn(host, ["sh", "-c", 'dpipe "$@"; exit $?', "dpipe", ...argv], KEEP);
}

async function finish(lab: Lab, children: readonly Child[]): Promise<Tunnel> {
  for (const host of ["a", "b"])
    await lab.run(host, ["sh", "-c", "until [ -e /sys/class/net/tap0 ]; do sleep 0.02; done"]);
  await address(lab, "tap0");
  return tunnelOver("tap0", children);
}

async function inFolder(start: (folder: string) => Promise<Tunnel>): Promise<Tunnel> {
  const folder = temporaryFolder();
  const tunnel = await start(folder);
  const close = async (): Promise<void> => {
    // dpipe passes no signal on: everything it started is killed with it.
    for (const child of tunnel.children) child.kill();
    await tunnel.close();
  };
  return { ...tunnel, close };
}

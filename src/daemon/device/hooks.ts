import { spawn } from "node:child_process";
import { formatEndpoint, type StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { TapDevice } from "../../link/tap-device.js";
import type { Welcome } from "../../session/messages.js";
import type { Log } from "../log.js";

/** A hook that takes longer than this is ended. */
const HOOK_MS = 30_000;

/** What a hook finds in its environment, each name with TAPSWITCH_ before it, besides TAPSWITCH_EVENT ("up", "down"). */
export interface HookFacts {
  readonly DEVICE: string;
  readonly MAC: string;
  readonly MTU: string;
  readonly NETWORK: string;
  readonly SERVER: string;
}

/** As they are at a welcome; without a device its name and MAC are empty, and the MTU is the network's. */
export function hookFacts(
  device: TapDevice | null,
  { network, mtu }: Pick<Welcome, "network" | "mtu">,
  server: StreamEndpoint,
): HookFacts {
  return {
    DEVICE: device?.name ?? "",
    MAC: device?.mac ?? "",
    MTU: String(device?.mtu ?? mtu),
    NETWORK: network,
    SERVER: formatEndpoint(server),
  };
}

/** Runs a shell command to its end. A hook that fails is logged and stops nothing. */
export function runHook(command: string, event: "up" | "down", facts: HookFacts, log: Log): Promise<void> {
  const added = Object.fromEntries(
    Object.entries({ EVENT: event, ...facts }).map(([key, value]) => [`TAPSWITCH_${key}`, value]),
  );
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", command], {
      env: { ...process.env, ...added },
      stdio: ["ignore", "inherit", "inherit"],
      timeout: HOOK_MS,
    });
    child.on("error", (error) => {
      log.warn({ command, why: error.message }, `--${event} could not be run`);
      resolve();
    });
    child.on("exit", (status, signal) => {
      if (status !== 0) log.warn({ command, status, signal }, `--${event} failed`);
      resolve();
    });
  });
}

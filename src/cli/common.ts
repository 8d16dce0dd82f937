/** What commands share: repeatable flags, signals, and the tables printed on SIGUSR1. */
import { InvalidArgumentError } from "commander";
import type { ServiceManager } from "../daemon/service/service-manager.js";
import { formatMac } from "../frame/mac.js";
import type { Switch } from "../switch/switch.js";

/** Gathers a repeatable option, whose default lies in the configuration. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** Splits "a,b" and gathers. */
export function collectList(value: string, earlier: string[] | undefined): string[] {
  if (value === "") throw new InvalidArgumentError("it is empty");
  return [...(earlier ?? []), ...value.split(",")];
}

/** Calls `stop` on the first SIGINT or SIGTERM; a second one ends the process at once. */
export function onStop(stop: () => void): void {
  let asked = false;
  const handler = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(signal === "SIGINT" ? 130 : 143);
    asked = true;
    stop();
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
}

/** Calls `reload` on SIGHUP. It says by itself what is wrong, which must not end a running process. */
export function onReload(reload: () => Promise<unknown>, manager: ServiceManager): void {
  process.on("SIGHUP", () => {
    manager.reloading();
    void reload()
      .catch(() => undefined)
      .then(() => manager.reloaded());
  });
}

/** Prints ports and MAC table on SIGUSR1. */
export function onShow(switches: () => Iterable<Switch>, now: () => number): void {
  process.on("SIGUSR1", () => {
    for (const one of switches()) process.stdout.write(describe(one, now()));
  });
}

function describe(one: Switch, now: number): string {
  const lines = [`network ${one.name}: ${one.ports.length} ports, ${one.table.size} addresses`];
  for (const port of one.snapshot().ports) {
    const { framesIn, framesOut, floods, drops } = port.counters;
    const lost = Object.entries(drops).filter(([, count]) => count > 0);
    lines.push(
      `  port ${String(port.id).padStart(3)}  ${port.name.padEnd(20)} ${(port.peer ?? "down").padEnd(24)}` +
        ` in ${framesIn} out ${framesOut} floods ${floods} queued ${port.queuedBytes} B` +
        ` drops ${lost.map(([reason, count]) => `${reason}:${count}`).join(" ") || "none"}`,
    );
  }
  for (const entry of one.table.entries(now)) {
    const vlan = entry.vlan === 0 ? "" : ` vlan ${entry.vlan}`;
    const age = `${(entry.ageMs / 1_000).toFixed(0)} s ago`;
    lines.push(
      `  mac  ${formatMac(entry)}${vlan} behind port ${entry.owner.id} (${entry.owner.name}), seen ${age}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

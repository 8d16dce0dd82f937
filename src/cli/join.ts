import { Command } from "commander";
import { monotonicClock } from "../clock.js";
import { parseJoinConfig } from "../config/join-config.js";
import { Joiner } from "../daemon/joiner.js";
import { collect, onShow, onStop, openLog, withLogOptions } from "./common.js";
import { readServer } from "./server-url.js";

const EXAMPLES = `
Examples:
  tapswitch join 'tapswitch://203.0.113.7:9621/default?pin=...&code=...' --ip 10.10.0.1/24
      the first time, with what 'tapswitch invite' printed: a new device tap0 with that address
  tapswitch join tls://203.0.113.7:9621 --ip 10.10.0.1/24
      ever after: no secret is needed any more
  tapswitch join tls://203.0.113.7:9621/blue --bridge br0
      whatever is on the bridge br0 joins the network blue

Hooks find TAPSWITCH_EVENT (up, down), TAPSWITCH_DEVICE, TAPSWITCH_MAC, TAPSWITCH_MTU, TAPSWITCH_NETWORK and
TAPSWITCH_SERVER in their environment. --up runs after the first welcome, --down at the end.
SIGUSR1 prints ports and MAC table.`;

export function joinCommand(): Command {
  const command = new Command("join")
    .description("put this host on a switch")
    .argument(
      "[url]",
      "an invite, or tls://host:9621/network; '-' reads it from standard input (default: TAPSWITCH_URL)",
    )
    .option("--dev <name>", "TAP device (default: tap0, or the next that is free)")
    .option("--ip <cidr>", "address of the device, IPv4 or IPv6; repeatable", collect)
    .option("--mtu <bytes>", "MTU of the device, 68 to 65521 (default: the network's)")
    .option("--mac <address>", "MAC of the device (default: stable, made from this host's identity)")
    .option("--bridge <name>", "attach the device to this Linux bridge")
    .option("--name <name>", "name of the port on the server (default: the host's name)")
    .option("--up <command>", "shell command to run after the first welcome")
    .option("--down <command>", "shell command to run at the end")
    .option("--persist", "leave the device when the process ends")
    .option(
      "--carrier-hold <seconds>",
      "keep the carrier this long after a loss, or 'never' drop it (default: 5)",
    )
    .option("--no-offload", "only finished frames: no large segments, no unfinished checksums")
    .option("--user <name>", "become this user once the device is open; hooks run as that user too")
    .option("--state <dir>", "folder for what outlives the process")
    .option("--control <path>", "path of the control socket")
    .addHelpText("after", EXAMPLES);
  return withLogOptions(command).action(join);
}

async function join(url: string | undefined, options: Record<string, unknown>): Promise<void> {
  const { log, rest } = openLog(options);
  const { server, code } = await readServer(url);
  const joiner = new Joiner(parseJoinConfig({ ...rest, server }), log, monotonicClock, code);
  onStop(() => joiner.stop());
  onShow(
    () => [joiner.switch],
    () => monotonicClock.now(),
  );
  await joiner.run();
  log.info("stopped");
}

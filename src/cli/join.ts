import { Command } from "commander";
import { monotonicClock } from "../clock.js";
import { formatEndpoint } from "../config/endpoint/endpoint.js";
import { JOIN } from "../config/join-config.js";
import { controlPaths, prepareControlFolder } from "../control/control-path.js";
import { findUser } from "../daemon/device/privileges.js";
import { Joiner } from "../daemon/joiner.js";
import { joinState } from "../daemon/service/join-state.js";
import { ServiceManager } from "../daemon/service/service-manager.js";
import { native } from "../native/native.js";
import { onReload, onShow, onStop } from "./common.js";
import { configPath, configReader, withConfigFlags } from "./config-flags.js";
import { ExitStatus } from "./exit-status.js";
import { openLog } from "./open-log.js";
import { hideServer, readServer, secretsOf } from "./server-url.js";

const EXAMPLES = `
Examples:
  tapswitch join 'tapswitch://203.0.113.7:9621/default?pin=...&code=...' --ip 10.10.0.1/24
      the first time, with what 'tapswitch invite' printed: a new device tap0 with that address
  tapswitch join tls://203.0.113.7:9621 --ip 10.10.0.1/24
      ever after: no secret is needed any more
  tapswitch join tls://203.0.113.7:9621/blue --bridge br0
      whatever is on the bridge br0 joins the network blue
  tapswitch join tls://203.0.113.7:9621 --no-tap --listen unix:///run/tapswitch/vms.sock
      many VMs of this host by one session, without root; they reach each other also while the server is away:
      -netdev stream,id=n,addr.type=unix,addr.path=/run/tapswitch/vms.sock

Hooks find TAPSWITCH_EVENT (up, down), TAPSWITCH_DEVICE, TAPSWITCH_MAC, TAPSWITCH_MTU, TAPSWITCH_NETWORK and
TAPSWITCH_SERVER in their environment; device and MAC are empty with --no-tap. --up runs after the first
welcome, --down at the end.
SIGUSR1 prints ports and MAC table.
With --config, SIGHUP reads it again and takes over what a running join can.`;

export function joinCommand(): Command {
  const command = new Command("join")
    .description("put this host on a switch")
    .argument(
      "[url]",
      "an invite, or tls://host:9621/network; '-' reads it from standard input (default: TAPSWITCH_URL)",
    );
  return withConfigFlags(command, JOIN.options).addHelpText("after", EXAMPLES).action(join);
}

async function join(url: string | undefined, options: Record<string, unknown>): Promise<void> {
  const server = await readServer(url);
  const read = configReader(JOIN, { ...options, server });
  const { config, values, given } = read();
  hideServer();
  const log = openLog(config);
  if (config.user !== undefined && config.control === undefined) prepareControlFolder(findUser(config.user));
  const joiner = new Joiner(config, log, monotonicClock, {
    ...secretsOf(given["server"]),
    source: { values, read },
    controlPaths: (device) => controlPaths(`join-${device}`),
  });
  const manager = new ServiceManager(process.env, log);
  manager.follow(() => joinState(formatEndpoint(config.server), joiner.uplink));
  onStop(() => {
    manager.stopping();
    joiner.stop();
  });
  onShow(
    () => [joiner.switch],
    () => monotonicClock.now(),
  );
  // Without a file there is nothing to read again, and a terminal that goes takes the join with it.
  if (configPath(options) !== undefined) onReload(() => joiner.reload(), manager);
  await joiner.run();
  log.info("stopped");
  if (process.getActiveResourcesInfo().includes("GetAddrInfoReqWrap")) native().exitNow(ExitStatus.ok);
}

import { Command } from "commander";
import { monotonicClock } from "../clock.js";
import { SERVE } from "../config/serve-config.js";
import { controlPaths } from "../control/control-path.js";
import type { Log } from "../daemon/log.js";
import { Server } from "../daemon/server.js";
import { inheritedSockets } from "../daemon/service/inherited-sockets.js";
import { ServiceManager } from "../daemon/service/service-manager.js";
import { onShow, onStop } from "./common.js";
import { configReader, withConfigFlags } from "./config-flags.js";
import { openLog } from "./open-log.js";

const EXAMPLES = `
Examples:
  tapswitch serve
      on tls://[::]:9621: encrypted, for members only; 'tapswitch invite' lets one in
  tapswitch serve --listen tls://0.0.0.0:443 --advertise vpn.example.org:443
      another address, and the one that invites carry
  tapswitch serve --listen tcp://127.0.0.1:9621
      without encryption, for this machine only; beyond it, --insecure is asked for
  tapswitch serve --listen 'unix:///run/vms.sock?mode=0660&group=kvm'
      for QEMU on this machine: -netdev stream,id=n,addr.type=unix,addr.path=/run/vms.sock
  tapswitch serve --http 127.0.0.1:9680
      with a web page, and metrics for Prometheus at /metrics

SIGUSR1 prints ports and MAC table. SIGHUP reads the files of ?ca=, ?crl=, ?cert= and ?key= again.
SIGINT and SIGTERM say good-bye to every client and end.`;

export function serveCommand(): Command {
  const command = new Command("serve").description("be the switch");
  return withConfigFlags(command, SERVE.options).addHelpText("after", EXAMPLES).action(serve);
}

async function serve(options: Record<string, unknown>): Promise<void> {
  const { config } = configReader(SERVE, options)();
  const log = openLog(config);
  const manager = new ServiceManager(process.env, log);
  const server = new Server(config, log, {
    sockets: inheritedSockets(process.env),
    controlPaths: () => controlPaths("control"),
  });
  const stopped = new Promise<void>((resolve) => onStop(resolve));
  onShow(
    () => config.network.map((name) => server.network(name)!.switch),
    () => monotonicClock.now(),
  );
  process.on("SIGHUP", () => reload(server, log, manager));
  await server.start();
  manager.follow(() => ({ ready: true, text: describe(server, config.network) }));
  await stopped;
  manager.stopping();
  await server.stop();
  log.info("stopped");
}

/** A mistake in a file must not end a running server. */
function reload(server: Server, log: Log, manager: ServiceManager): void {
  manager.reloading();
  try {
    server.reload();
    log.info("read certificates and revocation lists again");
  } catch (error) {
    log.error(`not reloaded: ${(error as Error).message}`);
  }
  manager.reloaded();
}

/** For `systemctl status`. */
function describe(server: Server, networks: readonly string[]): string {
  const counts = networks.map((name) => {
    const { ports, table } = server.network(name)!.switch;
    return `${name}: ${ports.length} ports, ${table.size} addresses`;
  });
  return `${counts.join("; ")}; listening on ${server.bound.join(", ")}`;
}

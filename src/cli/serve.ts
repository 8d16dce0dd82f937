import { Command } from "commander";
import { monotonicClock } from "../clock.js";
import { SERVE } from "../config/serve-config.js";
import { controlPaths } from "../control/control-path.js";
import { Server } from "../daemon/server.js";
import { inheritedSockets } from "../daemon/service/inherited-sockets.js";
import { ServiceManager } from "../daemon/service/service-manager.js";
import { onReload, onShow, onStop } from "./common.js";
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
  tapswitch serve --listen vde:///run/lab.ctl --attach passt:
      in place of a vde_switch (QEMU: -netdev vde,id=n,sock=/run/lab.ctl), with a way out through passt
  tapswitch serve --attach nic:eth1 --attach 'tap:far?delay=40ms&loss=1%&rate-out=10mbit'
      the machines on the wire behind eth1, and a device at the end of a bad line
  tapswitch serve --http 127.0.0.1:9680
      with a web page, and metrics for Prometheus at /metrics

SIGUSR1 prints ports and MAC table. SIGHUP reads --config again, and the files of ?ca=, ?crl=, ?cert=
and ?key=; what did not change runs on. SIGINT and SIGTERM say good-bye to every client and end.`;

export function serveCommand(): Command {
  const command = new Command("serve").description("be the switch");
  return withConfigFlags(command, SERVE.options).addHelpText("after", EXAMPLES).action(serve);
}

async function serve(options: Record<string, unknown>): Promise<void> {
  const read = configReader(SERVE, options);
  const { config, values } = read();
  const log = openLog(config);
  const manager = new ServiceManager(process.env, log);
  const server = new Server(config, log, {
    source: { values, read },
    sockets: inheritedSockets(process.env),
    controlPaths: () => controlPaths("control"),
  });
  const stopped = new Promise<void>((resolve) => onStop(resolve));
  onShow(
    () => server.switches,
    () => monotonicClock.now(),
  );
  onReload(() => server.reload(), manager);
  await server.start();
  manager.follow(() => ({ ready: true, text: describe(server) }));
  await stopped;
  manager.stopping();
  await server.stop();
  log.info("stopped");
}

/** For `systemctl status`. */
function describe(server: Server): string {
  const counts = server.switches.map(
    ({ name, ports, table }) => `${name}: ${ports.length} ports, ${table.size} addresses`,
  );
  return `${counts.join("; ")}; listening on ${server.bound.join(", ")}`;
}

import { Command } from "commander";
import { monotonicClock } from "../clock.js";
import { parseServeConfig } from "../config/serve-config.js";
import type { Log } from "../daemon/log.js";
import { Server } from "../daemon/server.js";
import { collect, collectList, onShow, onStop, openLog, withLogOptions } from "./common.js";

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

SIGUSR1 prints ports and MAC table. SIGHUP reads the files of ?ca=, ?crl=, ?cert= and ?key= again.
SIGINT and SIGTERM say good-bye to every client and end.`;

export function serveCommand(): Command {
  const command = new Command("serve")
    .description("be the switch")
    .option("-l, --listen <url>", "where to listen; repeatable (default: tls://[::]:9621)", collect)
    .option("-n, --network <name>", "a network of this switch; repeatable (default: default)", collect)
    .option("--mtu <bytes>", "MTU that clients are told (default: 1500)")
    .option("--max-ports <count>", "most connections at once (default: 1024)")
    .option("--mac-limit <count>", "most addresses behind one port (default: 4096)")
    .option("--age <seconds>", "forget an address not seen for this long (default: 300)")
    .option("--keepalive <ms>", "a client silent for this long is dead (default: 10000)")
    .option(
      "--forward-reserved <names>",
      "reserved addresses to forward, as lldp,lacp; BPDUs always are",
      collectList,
    )
    .option("--insecure", "let a TCP listener face the network without encryption")
    .option("--advertise <host:port>", "address that invites carry (default: the first of this machine)")
    .option("--group <name>", "group that may use the control socket")
    .option("--state <dir>", "folder for what outlives the process")
    .option("--control <path>", "path of the control socket")
    .addHelpText("after", EXAMPLES);
  return withLogOptions(command).action(serve);
}

async function serve(options: Record<string, unknown>): Promise<void> {
  const { log, rest } = openLog(options);
  const config = parseServeConfig(rest);
  const server = new Server(config, log);
  const stopped = new Promise<void>((resolve) => onStop(resolve));
  onShow(
    () => config.network.map((name) => server.network(name)!.switch),
    () => monotonicClock.now(),
  );
  process.on("SIGHUP", () => reload(server, log));
  await server.start();
  await stopped;
  await server.stop();
  log.info("stopped");
}

/** A mistake in a file must not end a running server. */
function reload(server: Server, log: Log): void {
  try {
    server.reload();
    log.info("read certificates and revocation lists again");
  } catch (error) {
    log.error(`not reloaded: ${(error as Error).message}`);
  }
}

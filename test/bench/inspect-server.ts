/** A server with many ports and addresses in a process of its own, which tells how long its event loop stood still. */
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { createLog } from "../../src/daemon/log.js";
import { Server } from "../../src/daemon/server.js";
import { batchOf, frame, macOf } from "../support/frames.js";
import { NullLink } from "./switch-load.js";

/** What `inspect.ts` asks and is told. */
export interface Started {
  readonly http: string;
  readonly control: string;
}

const [ports, macs, folder] = process.argv.slice(2);

async function start(): Promise<void> {
  const control = join(folder!, "control.sock");
  let http = "";
  const write = (line: string): void => {
    http = /on (http:\S+\/)/.exec(line)?.[1] ?? http;
  };
  const config = { listen: ["tcp://127.0.0.1:0"], http: "127.0.0.1:0", control, state: folder };
  const server = new Server(parseServeConfig(config), createLog({ level: "info", json: true, write }));
  await server.start();
  fill(server);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on("message", () => {
    // What was sampled includes the millisecond that lies between two looks.
    process.send!(Math.max(0, delay.max / 1e6 - 1));
    delay.reset();
  });
  process.send!({ http, control } satisfies Started);
}

function fill(server: Server): void {
  const lan = server.network("default")!.switch;
  const each = Number(macs) / Number(ports);
  for (let index = 0; index < Number(ports); index++) {
    const port = lan.attach(new NullLink(), { name: `port-${index + 1}` });
    const hosts = Array.from({ length: each }, (_, host) => macOf(index * each + host));
    lan.receive(port, batchOf(...hosts.map((from) => frame({ to: macOf(0), from }))), performance.now());
  }
}

await start();

/** A port of a program's own switch that leads to a server, for as long as it is wanted. */
import { monotonicClock } from "../../clock.js";
import { parseEndpoint } from "../../config/endpoint/endpoint.js";
import { TapswitchError } from "../../errors.js";
import type { Welcome } from "../../session/messages.js";
import type { Port } from "../../switch/port.js";
import type { Switch } from "../../switch/switch.js";
import { createLog, type Log } from "../log.js";
import { openTrust } from "../uplink/server-trust.js";
import { Uplink, type UplinkSnapshot } from "../uplink/uplink.js";
import { type ConnectOptions, helloOf } from "./connect.js";

export interface AddUplinkOptions extends ConnectOptions {
  /** What the port is called here. Default "uplink". */
  readonly portName?: string;
  /** Takes a line for each change of state, as `createLog` makes it. Default: nobody is told. */
  readonly log?: Log;
}

export interface AddedUplink {
  readonly port: Port;
  /** What the server said last. */
  readonly welcome: Welcome;
  /** How it stands now. */
  snapshot(): UplinkSnapshot;
  /** Says good-bye, and takes the port away. */
  close(): void;
}

/**
 * Joins the network of a server by a port of `lan`, and again, with a growing pause, whenever the session is lost; the port
 * stays. Resolves with the first welcome; before it, what no waiting heals rejects: `bad-endpoint`, `unknown-server`,
 * `unknown-network`, `not-a-member` and others.
 */
export function addUplink(lan: Switch, url: string, options: AddUplinkOptions = {}): Promise<AddedUplink> {
  const { portName = "uplink", clock = monotonicClock, signal, state } = options;
  const endpoint = parseEndpoint(url);
  const trust = endpoint.kind === "tls" ? openTrust(endpoint, state) : undefined;
  const hello = helloOf(endpoint, options);
  const port = lan.attach(null, { name: portName });
  return new Promise((resolve, reject) => {
    const parts = {
      ...{ endpoint, clock, log: options.log ?? silent(), hello: () => hello, check: () => undefined },
      ...(trust && { trust: () => trust }),
    };
    const added = new Added(lan, port, { ...parts, welcomed: () => resolve(added) });
    const stop = (): void => {
      added.close();
      reject(new TapswitchError("unreachable", "stopped"));
    };
    signal?.addEventListener("abort", stop, { once: true });
    added.run().catch((error: Error) => {
      lan.detach(port);
      reject(error);
    });
  });
}

type Parts = Omit<ConstructorParameters<typeof Uplink>[0], "up"> & { welcomed(): void };

class Added implements AddedUplink {
  readonly port: Port;
  readonly #lan: Switch;
  readonly #uplink: Uplink;
  #welcome: Welcome | undefined;

  constructor(lan: Switch, port: Port, { welcomed, ...parts }: Parts) {
    this.port = port;
    this.#lan = lan;
    this.#uplink = new Uplink({
      ...parts,
      up: (session, welcome) => {
        this.#welcome = welcome;
        lan.connect(port, session, (_, error) => this.#uplink.lost(error));
        welcomed();
      },
    });
  }

  get welcome(): Welcome {
    return this.#welcome!;
  }

  run(): Promise<void> {
    return this.#uplink.run();
  }

  snapshot(): UplinkSnapshot {
    return this.#uplink.snapshot();
  }

  close(): void {
    this.#uplink.stop();
    this.#lan.detach(this.port);
  }
}

function silent(): Log {
  return createLog({ level: "silent", json: true, write: () => undefined });
}

/** Tells what happens in one network: to the log what its owner should know, and more to those who listen. */
import type { Clock } from "../../clock.js";
import type { EventHub, EventSubject } from "../../control/event-hub.js";
import type { EventType } from "../../control/inspect-api.js";
import type { DropReason } from "../../frame/drop-reason.js";
import { formatMac, type Mac } from "../../frame/mac.js";
import type { Session } from "../../session/session.js";
import type { Refusal } from "../../switch/policy-refusals.js";
import type { Port } from "../../switch/port.js";
import type { ProtocolEvent } from "../../switch/protocol.js";
import type { SwitchEvents } from "../../switch/switch-events.js";
import type { Log } from "../log.js";
import { LogLimiter } from "../log-limiter.js";

export interface NetworkEventsOptions {
  readonly network: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: EventHub;
  /** A port is new. */
  readonly attached: (port: Port) => void;
}

/** Who is behind a port. */
export interface PortPeer {
  readonly peer: string;
  /** False of a session that is none: frames and nothing else. */
  readonly native?: boolean;
}

export class NetworkEvents implements SwitchEvents {
  readonly log: Log;
  readonly attached: (port: Port) => void;
  readonly #network: string;
  /** Who sends from many addresses of others moves them all. */
  readonly #limiter: LogLimiter;
  readonly #hub: EventHub;

  constructor({ network, clock, log, hub, attached }: NetworkEventsOptions) {
    this.#network = network;
    this.#limiter = new LogLimiter(clock);
    this.log = log;
    this.attached = attached;
    this.#hub = hub;
  }

  publish(type: EventType, subject: EventSubject, message: string): void {
    this.#hub.publish(type, { network: this.#network, ...subject }, message);
  }

  portUp({ id, name }: Port, { peer, native = true }: PortPeer): void {
    this.log.info({ port: id, name, peer, native }, "port up");
    this.publish("port-up", { port: name }, `up: ${peer}${native ? "" : " (raw)"}`);
  }

  portDown({ id, name }: Port, { peer }: PortPeer, why: string): void {
    this.log.info({ port: id, name, peer, why }, "port down");
    this.publish("port-down", { port: name }, `down: ${peer}: ${why}`);
  }

  replaced({ id, name }: Port, { peer }: Session): void {
    this.log.info({ port: id, name, peer }, "session replaced");
    this.publish(
      "session-replaced",
      { port: name },
      `taken over by a new session of the same process: ${peer}`,
    );
  }

  moved(mac: Mac, vlan: number, from: Port, to: Port): void {
    const address = formatMac(mac);
    this.#limiter.note("moved", (leftOut) =>
      this.log.info({ mac: address, vlan, from: from.name, to: to.name, leftOut }, "address moved"),
    );
    this.publish("mac-moved", { port: to.name, mac: address, vlan }, `moved from ${from.name} to ${to.name}`);
  }

  flapping(mac: Mac, vlan: number, held: Port, other: Port): void {
    const [address, what] = [formatMac(mac), "flaps between two ports (a loop, or two hosts with one MAC)"];
    this.#limiter.note("flapping", (leftOut) =>
      this.log.warn(
        { mac: address, vlan, held: held.name, other: other.name, leftOut },
        `address ${what}: held for 10 s`,
      ),
    );
    const subject = { port: held.name, mac: address, vlan };
    this.publish("mac-flapping", subject, `${what}: held at ${held.name}, not ${other.name}, for 10 s`);
  }

  refused(port: Port, reason: DropReason, { source, vlan, address, frames }: Refusal): void {
    const mac = formatMac(source);
    this.log.warn({ port: port.name, peer: port.link?.peer, reason, mac, address, frames }, "frames refused");
    const as = address === null ? "" : ` speaking for ${address}`;
    this.publish("frames-refused", { port: port.name, mac, vlan }, `${frames} refused (${reason})${as}`);
  }

  told({ type, port, message, mac, vlan }: ProtocolEvent): void {
    const subject = {
      ...(port === undefined ? {} : { port: port.name }),
      ...(mac === undefined ? {} : { mac }),
      ...(vlan === undefined ? {} : { vlan }),
    };
    this.#limiter.note(type, (leftOut) => this.log.warn({ type, ...subject, leftOut }, message));
    this.publish(type, subject, message);
  }

  /** New addresses can come with every frame, so that is told only while somebody listens. */
  get learned(): SwitchEvents["learned"] {
    return this.#hub.isHeard ? this.#learned : undefined;
  }

  get aged(): SwitchEvents["aged"] {
    return this.#hub.isHeard ? this.#aged : undefined;
  }

  readonly #learned = (mac: Mac, vlan: number, port: Port): void =>
    this.#tell("mac-learned", mac, vlan, port);

  readonly #aged = (mac: Mac, vlan: number, port: Port): void => this.#tell("mac-aged", mac, vlan, port);

  #tell(type: "mac-learned" | "mac-aged", mac: Mac, vlan: number, port: Port): void {
    if (!this.#hub.admits(type)) return;
    const what =
      type === "mac-learned" ? `learned behind ${port.name}` : `not seen behind ${port.name} for long`;
    this.publish(type, { port: port.name, mac: formatMac(mac), vlan }, what);
  }
}

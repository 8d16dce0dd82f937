/** `--ip auto`: the device's IPv4 address by DHCP, from whoever gives addresses in the network that was joined. */
import { randomInt } from "node:crypto";
import type { Clock } from "../../clock.js";
import { ipv4FromNumber } from "../../frame/ip-text.js";
import { parseMac } from "../../frame/mac.js";
import type { TapDevice } from "../../link/tap-device.js";
import { ensureAddress, removeAddress } from "../../native/interface.js";
import { type ClientLease, DhcpClient } from "../../switch/dhcp/dhcp-client.js";
import type { Port } from "../../switch/port.js";
import type { Switch } from "../../switch/switch.js";
import type { Log } from "../log.js";

/** Values of a transaction's number. */
const XIDS = 2 ** 32;

export interface AutoAddressOptions {
  readonly tap: TapDevice;
  readonly lan: Switch;
  /** Leads to the network. */
  readonly uplink: Port;
  /** What the host is called. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class AutoAddress {
  readonly #options: AutoAddressOptions;
  readonly #client: DhcpClient;
  /** As it was set last. */
  #cidr: string | null = null;

  constructor(options: AutoAddressOptions) {
    const { tap, lan, uplink, name } = options;
    this.#options = options;
    this.#client = new DhcpClient({
      ...{ port: uplink, mac: parseMac(tap.mac), hostName: name },
      bound: (lease) => this.#set(lease),
      lost: (_, why) => this.#clear(why),
      random: () => randomInt(XIDS),
    });
    lan.use(this.#client);
  }

  /** The network is there. */
  up(): void {
    this.#client.begin(this.#options.clock.now());
  }

  /** The network is away; the address stays for as long as it was given. */
  down(): void {
    this.#client.pause();
  }

  /** Takes the address from the device, which may stay. */
  close(): void {
    this.#clear("the join ends");
  }

  /** Nothing changes at a renewal. */
  #set({ address, prefixLength, server, seconds }: ClientLease): void {
    const cidr = `${ipv4FromNumber(address)}/${prefixLength}`;
    if (cidr === this.#cidr) return;
    const { tap, log } = this.#options;
    try {
      ensureAddress(tap.name, cidr);
      this.#cidr = cidr;
      log.info({ address: cidr, seconds }, `address by DHCP from ${ipv4FromNumber(server)}`);
    } catch (error) {
      log.error((error as Error).message);
    }
  }

  #clear(why: string): void {
    const cidr = this.#cidr;
    this.#cidr = null;
    if (cidr === null) return;
    const { tap, log } = this.#options;
    try {
      removeAddress(tap.name, cidr);
      log.info({ address: cidr }, `gave up the address: ${why}`);
    } catch (error) {
      log.warn((error as Error).message);
    }
  }
}

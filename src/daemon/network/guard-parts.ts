/**
 * The guards of a network and its DHCP server, as the settings want them: each is there or not, and what one knows
 * outlives a reload. The guard comes first, so that the others see only what it lets pass.
 */
import { createHash } from "node:crypto";
import { type DhcpOptions, dhcpSettings } from "../../config/dhcp-options.js";
import type { LeaseView } from "../../control/lease-api.js";
import { ipv4FromNumber } from "../../frame/ip-text.js";
import { formatMac, localMac } from "../../frame/mac.js";
import { readLeases, writeLeases } from "../../state/lease-file.js";
import { DhcpStation } from "../../switch/dhcp/dhcp-station.js";
import type { Lease } from "../../switch/dhcp/lease.js";
import type { AddressGuardMode } from "../../switch/guard/address-claims.js";
import { NetworkGuard } from "../../switch/guard/network-guard.js";
import { Suppressor } from "../../switch/guard/suppressor.js";
import type { Switch } from "../../switch/switch.js";
import type { Log } from "../log.js";

export interface GuardPartsSettings {
  /** Undefined: where something depends on it. */
  readonly dhcpGuard?: boolean | undefined;
  readonly raGuard: boolean;
  readonly addressGuard: AddressGuardMode;
  readonly suppression: boolean;
  readonly dhcp?: DhcpOptions | undefined;
  /** Of the network, bytes. */
  readonly mtu: number;
}

const NOTHING: GuardPartsSettings = { raGuard: false, addressGuard: "off", suppression: false, mtu: 1_500 };

export class GuardParts {
  readonly #lan: Switch;
  readonly #log: Log;
  #settings: GuardPartsSettings = NOTHING;
  #guard: NetworkGuard | null = null;
  #dhcp: DhcpStation | null = null;
  /** Where leases are kept; null: nowhere. Undefined before the process has its state, and no address is given. */
  #folder: string | null | undefined;
  #ends: (() => void)[] = [];

  constructor(lan: Switch, log: Log) {
    this.#lan = lan;
    this.#log = log;
  }

  configure(settings: GuardPartsSettings): void {
    this.#settings = settings;
    this.#arrange();
  }

  /** From now on addresses are given, and kept in this folder. Throws `bad-state`. */
  open(folder: string | null): void {
    this.#folder = folder;
    this.#arrange();
  }

  /** About once a second. */
  tick(): void {
    if (this.#dhcp?.server.changed) this.#save(this.#dhcp);
  }

  close(): void {
    this.tick();
  }

  leases(): LeaseView[] {
    return (this.#dhcp?.server.book.all ?? []).map((lease) => viewLease(lease, this.#lan.name));
  }

  #arrange(): void {
    for (const end of this.#ends.splice(0)) end();
    const { raGuard, addressGuard, suppression, dhcp } = this.#settings;
    const isImplied = addressGuard !== "off" || suppression || dhcp !== undefined;
    const guard = { dhcp: this.#settings.dhcpGuard ?? isImplied, ra: raGuard, addresses: addressGuard };
    this.#guard = guard.dhcp || guard.ra || isImplied ? this.#guardFor(guard) : null;
    this.#dhcp = dhcp === undefined || this.#folder === undefined ? null : this.#dhcpFor(dhcp);
    if (this.#guard !== null) this.#ends.push(this.#lan.use(this.#guard));
    if (this.#dhcp !== null) this.#ends.push(this.#lan.use(this.#dhcp));
    if (this.#guard !== null && suppression)
      this.#ends.push(this.#lan.use(new Suppressor(this.#guard.bindings)));
  }

  #guardFor(settings: { dhcp: boolean; ra: boolean; addresses: AddressGuardMode }): NetworkGuard {
    const standing = ({ trusted, bound }: { trusted: boolean; bound: boolean }) => ({
      trusted,
      bound: trusted || bound,
    });
    this.#guard?.configure(settings);
    return this.#guard ?? new NetworkGuard({ ...settings, standing });
  }

  #dhcpFor(options: DhcpOptions): DhcpStation {
    const settings = dhcpSettings(options, this.#settings.mtu);
    if (this.#dhcp !== null) {
      this.#dhcp.server.configure(settings);
      return this.#dhcp;
    }
    const { name } = this.#lan;
    return new DhcpStation({
      settings,
      // The same after a restart, so that clients find the server where they left it.
      mac: localMac(createHash("sha256").update(`dhcp ${name} ${settings.server}`).digest()),
      leases: this.#folder ? readLeases(this.#folder, name) : [],
      wallNow: Date.now,
      granted: (lease, seconds, now) => this.#guard?.granted(lease, settings.vlan, now + seconds * 1_000),
    });
  }

  #save({ server }: DhcpStation): void {
    server.changed = false;
    if (!this.#folder) return;
    try {
      writeLeases(this.#folder, this.#lan.name, server.book.all);
    } catch (error) {
      this.#log.error({ network: this.#lan.name }, (error as Error).message);
    }
  }
}

function viewLease(
  { address, mac, portName, hostName, state, expiresAt }: Lease,
  network: string,
): LeaseView {
  return {
    ...{ network, address: ipv4FromNumber(address), mac: formatMac(mac), port: portName, hostName, state },
    expires: new Date(expiresAt).toISOString(),
  };
}

/**
 * The guards of a network and its DHCP server, as the settings want them: each is there or not, and what one knows
 * outlives a reload. The guard comes first, so that the others see only what it lets pass.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type DhcpOptions, dhcpSettings } from "../../config/dhcp-options.js";
import type { MirrorOptions } from "../../config/guard-options.js";
import { fits } from "../../config/port-patterns.js";
import type { BindingView, LeaseView, RuleView } from "../../control/guard-api.js";
import { Filter } from "../../frame/filter.js";
import { ipv4Text, ipv6Text } from "../../frame/ip-source-text.js";
import { ipv4FromNumber } from "../../frame/ip-text.js";
import { formatMac, localMac } from "../../frame/mac.js";
import { readLeases, writeLeases } from "../../state/lease-file.js";
import { DhcpStation } from "../../switch/dhcp/dhcp-station.js";
import type { Lease } from "../../switch/dhcp/lease.js";
import type { AddressGuardMode } from "../../switch/guard/address-claims.js";
import type { Binding } from "../../switch/guard/binding-table.js";
import { Mirror } from "../../switch/guard/mirror.js";
import { NetworkGuard } from "../../switch/guard/network-guard.js";
import { PortSecurity, type SecureMacs } from "../../switch/guard/port-security.js";
import { Suppressor } from "../../switch/guard/suppressor.js";
import type { Policy } from "../../switch/policy.js";
import type { Port } from "../../switch/port.js";
import type { Switch } from "../../switch/switch.js";
import type { Log } from "../log.js";

export interface GuardPartsSettings {
  /** Undefined: where something depends on it. */
  readonly dhcpGuard?: boolean | undefined;
  readonly raGuard: boolean;
  readonly addressGuard: AddressGuardMode;
  readonly suppression: boolean;
  readonly dhcp?: DhcpOptions | undefined;
  readonly mirror?: MirrorOptions | undefined;
  /** Of the network, bytes. */
  readonly mtu: number;
}

/** Names of ports of which a mirror remembers whether it copies them. */
const MAX_NAMES = 4_096;

const NOTHING: GuardPartsSettings = { raGuard: false, addressGuard: "off", suppression: false, mtu: 1_500 };

export class GuardParts {
  readonly #lan: Switch;
  readonly #log: Log;
  #settings: GuardPartsSettings = NOTHING;
  #guard: NetworkGuard | null = null;
  #dhcp: DhcpStation | null = null;
  #security: PortSecurity | null = null;
  #endMirror: () => void = () => undefined;
  /** Where leases are kept; null: nowhere. Undefined before the process has its state, and no address is given. */
  #folder: string | null | undefined;
  /** Leases that were written down earlier. */
  #known: readonly Lease[] = [];
  #ends: (() => void)[] = [];

  constructor(lan: Switch, log: Log) {
    this.#lan = lan;
    this.#log = log;
  }

  /** Goes on by other settings, which nothing of what is known is lost by. */
  configure(settings: GuardPartsSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    if (!isDeepStrictEqual(guardsOf(settings), guardsOf(before))) this.#arrange();
    if (!isDeepStrictEqual(settings.mirror, before.mirror)) this.#setMirror(settings.mirror);
  }

  /** The rule about the addresses of a port. */
  secure(rule: SecureMacs): Policy {
    if (this.#security === null) {
      this.#security = new PortSecurity();
      this.#lan.use(this.#security);
    }
    return this.#security.policyFor(rule);
  }

  /** From now on addresses are given, and kept in this folder. Throws `bad-state`. */
  open(folder: string | null): void {
    this.#known = folder === null ? [] : readLeases(folder, this.#lan.name);
    this.#folder = folder;
    this.#arrange();
  }

  /** About once a second. */
  tick(): void {
    if (this.#dhcp?.server.changed) this.#save(this.#dhcp);
  }

  leases(): LeaseView[] {
    return (this.#dhcp?.server.book.all ?? []).map((lease) => viewLease(lease, this.#lan.name));
  }

  /** `now` on the switch's clock and `wallNow` since 1970, both in ms. */
  bindings(now: number, wallNow: number): BindingView[] {
    const all = [...(this.#guard?.bindings.all() ?? [])];
    return all.map((binding) => viewBinding(binding, this.#lan.name, wallNow - now));
  }

  rules(): RuleView[] {
    const { name: network, ports } = this.#lan;
    return ports.flatMap(({ name: port, accessList }) =>
      (accessList?.rules ?? []).map(({ text: rule, hits }) => ({ network, port, rule, hits })),
    );
  }

  #setMirror(options: MirrorOptions | undefined): void {
    this.#endMirror();
    this.#endMirror = () => undefined;
    if (options === undefined) return;
    const { to, from, filter } = options;
    const isFrom = new Map<string, boolean>();
    const mirror = new Mirror(this.#lan, {
      to,
      filter: filter === undefined ? null : new Filter(filter),
      from: (name) => {
        const known = isFrom.get(name);
        if (known !== undefined) return known;
        if (isFrom.size >= MAX_NAMES) isFrom.clear();
        isFrom.set(name, fits(from, name));
        return isFrom.get(name)!;
      },
    });
    this.#endMirror = this.#lan.observe(mirror);
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
    const standing = ({ trusted, bound }: Port) => ({ trusted, bound: trusted || bound });
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
      leases: this.#known,
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

function guardsOf({ mirror: _, ...guards }: GuardPartsSettings): unknown {
  const { dhcpGuard, raGuard, addressGuard, suppression, dhcp, mtu } = guards;
  return { dhcpGuard, raGuard, addressGuard, suppression, dhcp, mtu };
}

function viewBinding(
  { vlan, address, mac, portName, origin, expiresAt }: Binding,
  network: string,
  offset: number,
): BindingView {
  const text = address.length === 4 ? ipv4Text(address, 0) : ipv6Text(address, 0);
  const expires = new Date(expiresAt + offset).toISOString();
  return { network, vlan, address: text, mac: formatMac(mac), port: portName, origin, expires };
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

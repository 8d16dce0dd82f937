/**
 * Who asks the hosts of one VLAN and IP version what they listen to. Somebody must, or memberships end: this switch
 * does it where no router or other switch does [RFC 4541 2.1.1 (1) c]. Of several the one with the lowest address goes
 * on [RFC 3376 6.6.2, RFC 3810 7.6.2]. An address of 0.0.0.0, that of a switch without one, is higher than any other,
 * and between two of those the MAC decides, so that two switches do not both ask for ever.
 */
import type { GroupMessage } from "../../frame/group-message.js";
import { IpGroup } from "../../frame/ip-group.js";
import type { Mac } from "../../frame/mac.js";
import { type MulticastTiming, otherQuerierMs, startupIntervalMs } from "./timing.js";

export interface QuerierOptions {
  /** Never asks by itself. */
  readonly enabled: boolean;
  readonly address: IpGroup;
  readonly mac: Mac;
  readonly timing: MulticastTiming;
}

/** Another one that asks. */
export interface OtherQuerier {
  readonly address: string;
  readonly port: { readonly name: string };
}

export class Querier {
  readonly #options: QuerierOptions;
  readonly #otherAddress = new IpGroup();
  #otherMac: Mac = { high: 0, low: 0 };
  #other: OtherQuerier | null = null;
  #otherUntil = 0;
  #dueAt: number;
  #startups: number;

  constructor(options: QuerierOptions, now: number) {
    this.#options = options;
    this.#dueAt = now;
    this.#startups = options.timing.robustness;
  }

  /** Null while nobody else asks. */
  get other(): OtherQuerier | null {
    return this.#other;
  }

  /** This switch is the one that asks. */
  get isOwn(): boolean {
    return this.#options.enabled && this.#other === null;
  }

  /** Anyone asks: then whoever listens says so. */
  get isAsked(): boolean {
    return this.#options.enabled || this.#other !== null;
  }

  /** A query came in. True where it is by another one than before. */
  heard({ source }: GroupMessage, mac: Mac, port: OtherQuerier["port"], now: number): boolean {
    if (this.#options.enabled && !isBefore(source, mac, this.#options)) return false;
    const isKnown = this.#other !== null && this.#otherAddress.equals(source) && isSame(this.#otherMac, mac);
    if (
      this.#other !== null &&
      !isKnown &&
      !isBefore(source, mac, { address: this.#otherAddress, mac: this.#otherMac })
    )
      return false;
    this.#otherUntil = now + otherQuerierMs(this.#options.timing);
    if (isKnown && this.#other!.port === port) return false;
    this.#otherAddress.take(source);
    this.#otherMac = mac;
    this.#other = { address: String(source), port };
    return !isKnown;
  }

  /** True where the other one has fallen silent just now; this switch asks again then. */
  expire(now: number): boolean {
    if (this.#other === null || now < this.#otherUntil) return false;
    this.lost(now);
    return true;
  }

  /** The port behind which the other one was has gone. */
  lost(now: number): void {
    this.#other = null;
    this.#dueAt = now;
    this.#startups = this.#options.timing.robustness;
  }

  /** True once each time a general query is due. */
  takeDue(now: number): boolean {
    if (!this.isOwn || now < this.#dueAt) return false;
    const { timing } = this.#options;
    this.#startups = Math.max(0, this.#startups - 1);
    this.#dueAt = now + (this.#startups > 0 ? startupIntervalMs(timing) : timing.queryIntervalMs);
    return true;
  }
}

type Who = Pick<QuerierOptions, "address" | "mac">;

function isBefore(address: IpGroup, mac: Mac, other: Who): boolean {
  if (address.isUnspecified !== other.address.isUnspecified) return other.address.isUnspecified;
  const order =
    address.compare(other.address) || mac.high - other.mac.high || (mac.low >>> 0) - (other.mac.low >>> 0);
  return order < 0;
}

function isSame(one: Mac, other: Mac): boolean {
  return one.high === other.high && one.low === other.low;
}

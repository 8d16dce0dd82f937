/**
 * Ports of one VLAN and IP version that get all multicast: where routers are, which cannot say what they want [RFC 4541
 * 2.1.1 (1)], what is named so, what has more groups than are kept, and what came a moment ago and was not asked yet.
 */
export type WhyOpen = "router" | "limit" | "new";

export class OpenPorts<Port> {
  readonly #until = new Map<Port, Record<WhyOpen, number>>();
  #ports: readonly Port[] = [];

  /** Those that are open now. */
  get ports(): readonly Port[] {
    return this.#ports;
  }

  /** Opens the port until then (ms), or for longer if it is already. True where that is new. */
  open(port: Port, why: WhyOpen, until: number): boolean {
    let reasons = this.#until.get(port);
    const isNew = reasons === undefined;
    if (reasons === undefined) {
      reasons = { router: 0, limit: 0, new: 0 };
      this.#until.set(port, reasons);
    }
    reasons[why] = Math.max(reasons[why], until);
    if (isNew) this.#list();
    return isNew;
  }

  /** True if the port is open for this reason. */
  isOpen(port: Port, why: WhyOpen, now: number): boolean {
    return (this.#until.get(port)?.[why] ?? 0) > now;
  }

  /** Closes it, whatever it was open for. True where it was. */
  close(port: Port): boolean {
    const was = this.#until.delete(port);
    if (was) this.#list();
    return was;
  }

  /** Closes those whose time is over. True where any was. */
  expire(now: number): boolean {
    let changed = false;
    for (const [port, { router, limit, new: fresh }] of this.#until) {
      if (Math.max(router, limit, fresh) > now) continue;
      this.#until.delete(port);
      changed = true;
    }
    if (changed) this.#list();
    return changed;
  }

  #list(): void {
    this.#ports = [...this.#until.keys()];
  }
}

/**
 * Which ports are in which group, by VLAN and IP address: not by MAC, which several groups share [RFC 4541 2.1.2 (3)].
 * Bounded as a whole and for each port; who goes beyond loses nothing but is sent everything (`join` answers false).
 * Looked up for each frame to a group, so an index of small integers, and no key is made.
 */
import { IpGroup } from "../../frame/ip-group.js";

/** Groups in one network, and groups of one port: as much as Linux bridges keep, and a quarter of it. */
export const MAX_GROUPS = 4_096;
export const MAX_PORT_GROUPS = 1_024;

export interface Member {
  /** When it is forgotten unless it asks again, ms. */
  until: number;
  /** Until then a host of IGMPv1 is there, which leaves without a word. */
  v1Until: number;
  /** It has said that it leaves, and is asked whether another is left: so many times more. */
  questions: number;
}

export class Group<Port> {
  readonly vlan: number;
  readonly address: IpGroup;
  readonly members = new Map<Port, Member>();
  /** Where its frames go, once it is known; whoever changes anything about that sets it to null. */
  targets: readonly Port[] | null = null;
  next: Group<Port> | null = null;

  constructor(vlan: number, address: IpGroup) {
    this.vlan = vlan;
    this.address = new IpGroup().take(address);
  }
}

export interface GroupLimits {
  readonly maxGroups: number;
  readonly maxPortGroups: number;
}

export class GroupMemberships<Port> {
  readonly #limits: GroupLimits;
  readonly #heads = new Map<number, Group<Port>>();
  readonly #groupsOf = new Map<Port, number>();
  #size = 0;

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  find(vlan: number, address: IpGroup): Group<Port> | null {
    let group = this.#heads.get(hash(vlan, address)) ?? null;
    while (group !== null && (group.vlan !== vlan || !group.address.equals(address))) group = group.next;
    return group;
  }

  /** Puts the port into the group, or keeps it there. False where a limit forbids it. */
  join(vlan: number, address: IpGroup, port: Port, member: Omit<Member, "questions">): boolean {
    const group = this.find(vlan, address) ?? this.#add(vlan, address, port);
    if (group === null) return false;
    const known = group.members.get(port);
    if (known !== undefined) {
      known.v1Until = Math.max(known.v1Until, member.v1Until);
      known.until = member.until;
      known.questions = 0;
      return true;
    }
    if (!this.#hasRoom(port)) return false;
    group.members.set(port, { ...member, questions: 0 });
    group.targets = null;
    this.#groupsOf.set(port, (this.#groupsOf.get(port) ?? 0) + 1);
    return true;
  }

  /** Takes the port out of the group, and the group away with its last port. */
  leave(group: Group<Port>, port: Port): void {
    if (!group.members.delete(port)) return;
    group.targets = null;
    const left = this.#groupsOf.get(port)! - 1;
    if (left === 0) this.#groupsOf.delete(port);
    else this.#groupsOf.set(port, left);
    if (group.members.size === 0) this.#remove(group);
  }

  /** Takes the port out of all its groups. */
  forget(port: Port): void {
    if (!this.#groupsOf.has(port)) return;
    for (const group of this.all()) this.leave(group, port);
  }

  all(): Group<Port>[] {
    const groups: Group<Port>[] = [];
    for (const head of this.#heads.values())
      for (let group: Group<Port> | null = head; group !== null; group = group.next) groups.push(group);
    return groups;
  }

  #hasRoom(port: Port): boolean {
    return (this.#groupsOf.get(port) ?? 0) < this.#limits.maxPortGroups;
  }

  #add(vlan: number, address: IpGroup, port: Port): Group<Port> | null {
    if (this.#size >= this.#limits.maxGroups || !this.#hasRoom(port)) return null;
    const group = new Group<Port>(vlan, address);
    const key = hash(vlan, address);
    group.next = this.#heads.get(key) ?? null;
    this.#heads.set(key, group);
    this.#size++;
    return group;
  }

  #remove(group: Group<Port>): void {
    const key = hash(group.vlan, group.address);
    const head = this.#heads.get(key)!;
    if (head !== group) before(head, group).next = group.next;
    else if (group.next === null) this.#heads.delete(key);
    else this.#heads.set(key, group.next);
    this.#size--;
  }
}

function before<Port>(head: Group<Port>, group: Group<Port>): Group<Port> {
  let one = head;
  while (one.next !== group) one = one.next!;
  return one;
}

/** 30 bits, so that the index holds small integers. */
function hash(vlan: number, { w0, w1, w2, w3 }: IpGroup): number {
  const mixed = Math.imul(
    w3 ^ Math.imul(w2 ^ Math.imul(w1 ^ Math.imul(w0 ^ vlan, PRIME), PRIME), PRIME),
    PRIME,
  );
  return (mixed ^ (mixed >>> 15)) & 0x3fff_ffff;
}

const PRIME = 0x9e37_79b1;

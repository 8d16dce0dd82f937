import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { IpGroup } from "../../../src/frame/ip-group.js";
import { GroupMemberships } from "../../../src/switch/multicast/group-memberships.js";
import { check } from "../../support/generated.js";
import { ipv4, ipv6 } from "../../support/group-talk.js";

const LIMITS = { maxGroups: 4, maxPortGroups: 3 };
const ASKED = { until: 1_000, v1Until: 0 };

function address(text: string): IpGroup {
  return text.includes(":") ? new IpGroup().readIpv6(ipv6(text), 0) : new IpGroup().readIpv4(ipv4(text), 0);
}

describe("memberships", () => {
  test("are kept by VLAN and address of either family", () => {
    const groups = new GroupMemberships<string>(LIMITS);
    assert.ok(groups.join(1, address("239.0.0.1"), "a", ASKED));
    assert.deepEqual([...groups.find(1, address("239.0.0.1"))!.members.keys()], ["a"]);
    assert.equal(groups.find(2, address("239.0.0.1")), null);
    assert.equal(groups.find(1, address("239.0.0.2")), null);
    assert.equal(groups.find(1, address("::ef00:1")), null, "the same words, of the other family");
  });

  test("end with their last port", () => {
    const groups = new GroupMemberships<string>(LIMITS);
    groups.join(0, address("ff05::1"), "a", ASKED);
    groups.join(0, address("ff05::1"), "b", ASKED);
    const group = groups.find(0, address("ff05::1"))!;
    groups.leave(group, "a");
    groups.leave(group, "a");
    assert.equal(groups.size, 1);
    groups.forget("b");
    assert.equal(groups.size, 0);
    assert.equal(groups.find(0, address("ff05::1")), null);
  });

  test("are bounded for a port and as a whole; who is in stays in", () => {
    const groups = new GroupMemberships<string>(LIMITS);
    for (const last of [1, 2, 3]) assert.ok(groups.join(0, address(`239.0.0.${last}`), "a", ASKED));
    assert.ok(!groups.join(0, address("239.0.0.4"), "a", ASKED));
    assert.ok(groups.join(0, address("239.0.0.4"), "b", ASKED));
    assert.ok(!groups.join(0, address("239.0.0.5"), "b", ASKED));
    assert.ok(groups.join(0, address("239.0.0.1"), "b", ASKED));
    assert.ok(groups.join(0, address("239.0.0.1"), "a", { until: 2_000, v1Until: 0 }));
    assert.equal(groups.size, 4);
  });

  test("generated joins and leaves agree with a map of sets", () => {
    const step = fc.tuple(
      fc.constantFrom("join", "leave", "forget"),
      fc.nat(3),
      fc.nat(5),
      fc.constantFrom("a", "b", "c"),
    );
    check(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const groups = new GroupMemberships<string>({ maxGroups: 100, maxPortGroups: 100 });
        const plain = new Map<string, Set<string>>();
        for (const [what, vlan, last, port] of steps) {
          const group = address(`239.0.0.${last}`);
          const key = `${vlan} 239.0.0.${last}`;
          if (what === "join") {
            groups.join(vlan, group, port, ASKED);
            plain.set(key, (plain.get(key) ?? new Set()).add(port));
          } else if (what === "leave") {
            const found = groups.find(vlan, group);
            if (found !== null) groups.leave(found, port);
            plain.get(key)?.delete(port);
          } else {
            groups.forget(port);
            for (const members of plain.values()) members.delete(port);
          }
        }
        const kept = groups
          .all()
          .map((one) => [`${one.vlan} ${one.address}`, [...one.members.keys()].sort()]);
        const wanted = [...plain]
          .filter(([, ports]) => ports.size > 0)
          .map(([key, ports]) => [key, [...ports].sort()]);
        assert.deepEqual(new Map(kept as [string, string[]][]), new Map(wanted as [string, string[]][]));
        assert.equal(groups.size, wanted.length);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { lookOf } from "../../src/cli/format/look.js";
import { groupsLines } from "../../src/cli/groups-lines.js";
import type { QuerierView } from "../../src/control/group-api.js";

const plain = lookOf({}, {});
const querier: QuerierView = {
  ...{ network: "tv", vlan: 0, protocol: "igmp", querier: "self", querierPort: null },
  ...{ restricts: true, openPorts: [] },
};

test("groups are a line each, then who asks in each VLAN", () => {
  const ports = [
    { name: "box", expiresInS: 200 },
    { name: "attic", expiresInS: 9 },
  ];
  const groups = [{ network: "tv", vlan: 10, group: "239.1.2.3", ports }];
  const other = {
    ...querier,
    querier: "10.0.0.1",
    querierPort: "router",
    restricts: false,
    openPorts: ["router"],
  };
  assert.deepEqual(groupsLines({ groups, queriers: [querier, other] }, plain), [
    "NETWORK  VLAN  GROUP      PORTS",
    "tv         10  239.1.2.3  box, attic",
    "",
    "NETWORK  VLAN  PROTOCOL  QUERIER                 SENT TO    PORTS THAT GET ALL",
    "tv          -  IGMP      this switch             listeners  -",
    "tv          -  IGMP      10.0.0.1 behind router  everybody  router",
  ]);
});

test("that nobody listens, or that nothing is looked after, is said", () => {
  assert.equal(groupsLines({ groups: [], queriers: [querier] }, plain)[0], "nobody listens to a group");
  assert.match(groupsLines({ groups: [], queriers: [] }, plain)[0]!, /goes everywhere/);
});

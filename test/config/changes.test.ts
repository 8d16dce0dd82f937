import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changedKeys,
  changesCertificates,
  leadsElsewhere,
  listChange,
  listenerName,
} from "../../src/config/changes.js";
import { JOIN, parseJoinConfig } from "../../src/config/join-config.js";
import { parseServeConfig, SERVE } from "../../src/config/serve-config.js";
import { streamListener } from "../support/endpoints.js";

test("two readings of the same options differ in nothing", () => {
  const given = { listen: ["tcp://127.0.0.1:0", "unix:///s"], networks: { a: { mtu: 1 + 1400 } } };
  assert.deepEqual(changedKeys(parseServeConfig(given), parseServeConfig(structuredClone(given))), []);
});

test("an option that comes, goes or changes is named, whichever it is", () => {
  const samples: Record<string, unknown> = {
    ...{ loopProbe: false, stp: "rstp", stpPriority: 0, stpHello: 1, stpForwardDelay: 4 },
    ...{
      listen: ["unix:///s"],
      attach: ["tap:x"],
      network: ["other"],
      networks: { default: { age: 9 } },
      ports: { a: { vlan: 1 } },
      multicast: {},
      mtu: 1400,
    },
    ...{ dhcpGuard: true, raGuard: true, addressGuard: "first", suppression: true },
    ...{ mirror: { to: "a" }, dhcp: { subnet: "10.0.0.0/24" } },
    ...{ maxPorts: 9, macLimit: 9, age: 9, keepalive: 900, forwardReserved: ["lldp"], insecure: true },
    ...{ http: "127.0.0.1:1", advertise: "h:1", group: "g", state: "/s", control: "/c" },
    ...{ logLevel: "warn", logFormat: "json", server: "tls://other", dev: "x", ip: ["10.0.0.1/8"] },
    ...{ mac: "02:00:00:00:00:01", bridge: "b", name: "n", up: "u", down: "d", persist: true },
    ...{ carrierHold: "never", offload: false, testResponder: false, user: "u", tap: false },
  };
  const server = { server: "tls://h" };
  for (const key of Object.keys(SERVE.options.shape)) {
    assert.ok(key in samples, `no sample of ${key}`);
    const [before, after] = [parseServeConfig({}), parseServeConfig({ [key]: samples[key] })];
    assert.deepEqual(changedKeys(before, after), [key]);
    assert.deepEqual(changedKeys(after, before), [key]);
  }
  for (const key of Object.keys(JOIN.options.shape)) {
    assert.ok(key in samples, `no sample of ${key}`);
    const [before, after] = [parseJoinConfig(server), parseJoinConfig({ ...server, [key]: samples[key] })];
    assert.deepEqual(changedKeys(before, after), [key]);
  }
});

test("of two lists it says what came, what went, and what is the same with other options", () => {
  const urls = (...texts: string[]) => texts.map(streamListener);
  const before = urls("tcp://127.0.0.1:1", "unix:///a", "tls://h:3/blue", "tcp://127.0.0.1:0");
  const after = urls("tls://h:3/red", "tcp://127.0.0.1:1", "unix:///b", "tcp://127.0.0.1:0");
  const { added, removed, changed } = listChange(before, after, listenerName);
  assert.deepEqual(added, [after[2]]);
  assert.deepEqual(removed, [before[1]]);
  assert.deepEqual(changed, [[before[2], after[0]]]);
});

test("only another network, protocol or rule about raw peers leads elsewhere", () => {
  const from = streamListener("tls://h:1/blue");
  const cases: [string, boolean, boolean][] = [
    ["tls://h:1/blue", false, false],
    ["tls://h:1/red", true, false],
    ["tls://h:1/blue?raw=yes", true, false],
    ["tls://h:1/blue?vlan=10", true, false],
    ["tcp://h:1/blue", true, false],
    ["tls://h:1/blue?ca=/x", false, true],
    ["tls://h:1/blue?cert=/x&key=/y", false, true],
  ];
  for (const [text, elsewhere, files] of cases) {
    assert.equal(leadsElsewhere(from, streamListener(text)), elsewhere, text);
    assert.equal(changesCertificates(from, streamListener(text)), files, text);
  }
  const [open, closed] = ["unix:///s?mode=0666", "unix:///s?mode=0600"].map((text) => streamListener(text));
  assert.equal(leadsElsewhere(open!, closed!), false);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HOST_CHECKS } from "../../../src/cli/doctor/host-checks.js";
import type { HostFacts, HostInterface } from "../../../src/cli/doctor/host-facts.js";

const eth0: HostInterface = {
  name: "eth0",
  mtu: 1_500,
  isTap: false,
  isWireless: false,
  isBridged: false,
  rpFilter: 0,
};
const tap0: HostInterface = { ...eth0, name: "tap0", isTap: true };

/** A host on which all is well. */
const WELL: HostFacts = {
  tunErrno: null,
  netAdmin: true,
  netRaw: true,
  tap: { vnet: true, offload: ["csum", "tso4", "tso6", "ecn"], carrier: true },
  interfaces: [eth0, tap0],
  uplink: "eth0",
  bridgeNetfilter: null,
  forwarding: false,
  firewall: { dropsForwarded: false, dropsInput: false },
  openFiles: 20_000,
  state: {
    path: "/var/lib/tapswitch",
    stat: { uid: 0, mode: 0o711 },
    me: 0,
    hasKey: true,
    canBeMade: false,
  },
  nowMs: Date.UTC(2026, 10, 22),
  installedMs: Date.UTC(2026, 9, 1),
  isSynchronized: true,
};

type Name = keyof typeof HOST_CHECKS;

describe("on this host", () => {
  test("everything passes where all is well", () => {
    for (const [name, check] of Object.entries(HOST_CHECKS)) assert.equal(check(WELL).level, "pass", name);
  });

  const wireless = { ...eth0, name: "wlan0", isWireless: true };
  const { state } = WELL;
  const { stat: _, ...absent } = state;
  const cases: [Name, string, Partial<HostFacts>, RegExp][] = [
    ["tap-driver", "fail", { tunErrno: "ENOENT" }, /missing .*modprobe tun/],
    ["tap-driver", "fail", { tunErrno: "EACCES" }, /chmod 0666/],
    ["rights", "warn", { netAdmin: false }, /ip tuntap add/],
    ["offload", "pass", {}, /csum yes, tso4 yes, tso6 yes, ecn yes, uso no/],
    ["offload", "warn", { tap: { vnet: true, offload: ["csum"], carrier: true } }, /tso4 no.*Linux/],
    ["offload", "skip", { tap: { why: "no right" } }, /no right/],
    ["carrier", "warn", { tap: { vnet: true, offload: [], carrier: false } }, /5\.0/],
    ["carrier", "skip", { tap: { why: "no right" } }, /no right/],
    ["bridge-filter", "pass", { bridgeNetfilter: true }, /lets them/],
    [
      "bridge-filter",
      "warn",
      { bridgeNetfilter: true, firewall: { dropsForwarded: true, dropsInput: false } },
      /drops them.*bridge-nf-call-iptables=0/,
    ],
    [
      "bridge-filter",
      "warn",
      { bridgeNetfilter: true, firewall: { dropsForwarded: null, dropsInput: null, why: "only root may" } },
      /not known: only root may/,
    ],
    ["firewall", "warn", { firewall: { dropsForwarded: false, dropsInput: true } }, /iifname tap0/],
    ["firewall", "skip", { firewall: { dropsForwarded: null, dropsInput: null, why: "no nft" } }, /no nft/],
    ["reverse-path", "warn", { interfaces: [{ ...tap0, rpFilter: 1 }] }, /tap0.*conf\.tap0\.rp_filter=2/],
    ["reverse-path", "pass", { interfaces: [{ ...tap0, rpFilter: 2 }] }, /no TAP drops/],
    ["wireless", "warn", { interfaces: [wireless], uplink: "wlan0" }, /wlan0.*cannot be put into a bridge/],
    [
      "wireless",
      "fail",
      { interfaces: [{ ...wireless, isBridged: true }] },
      /wlan0 is wireless and in a bridge/,
    ],
    ["wireless", "pass", { interfaces: [wireless] }, /not wireless/],
    ["forwarding", "pass", { forwarding: true }, /ip_forward=1/],
    ["way-out", "warn", { uplink: null }, /no way out/],
    ["way-out", "warn", { interfaces: [{ ...eth0, mtu: 1_000 }] }, /1000.*mtu 1500/],
    ["open-files", "warn", { openFiles: 1_024 }, /LimitNOFILE/],
    ["open-files", "pass", { openFiles: Number.POSITIVE_INFINITY }, /any number/],
    ["state", "fail", { state: { ...state, me: 1_000 } }, /belongs to user 0, not 1000/],
    ["state", "fail", { state: { ...state, stat: { uid: 0, mode: 0o777 } } }, /chmod go-w/],
    ["state", "fail", { state: { ...state, trouble: "it is damaged" } }, /damaged/],
    ["state", "pass", { state: { ...absent, canBeMade: true } }, /first start makes it/],
    ["state", "fail", { state: absent }, /cannot be made/],
    ["clock", "fail", { nowMs: 0 }, /1970-01-01/],
    ["clock", "fail", { installedMs: Date.UTC(2027, 0, 1) }, /timedatectl/],
    ["clock", "pass", { isSynchronized: false }, /not known/],
  ];
  for (const [index, [name, level, facts, said]] of cases.entries()) {
    test(`${name} is '${level}' where that is what the facts say (${index})`, () => {
      const verdict = HOST_CHECKS[name]({ ...WELL, ...facts });
      assert.equal(verdict.level, level);
      assert.match(`${verdict.text} ${verdict.fix ?? ""}`, said);
      if (level === "warn" || level === "fail") assert.ok(verdict.fix);
    });
  }
});

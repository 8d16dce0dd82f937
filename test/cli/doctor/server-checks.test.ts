import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SERVER_CHECKS } from "../../../src/cli/doctor/server-checks.js";
import type { Door, ServerFacts } from "../../../src/cli/doctor/server-facts.js";
import type { Meeting } from "../../../src/cli/doctor/server-meeting.js";
import { parseEndpoint } from "../../../src/config/endpoint/endpoint.js";
import type { Welcome } from "../../../src/session/messages.js";

const PIN = "A".repeat(43);
const door: Door = {
  address: "203.0.113.7",
  device: "eth0",
  deviceMtu: 1_500,
  connectMs: 12,
  errno: null,
  kernelMtu: 1_500,
  banner: "",
};
const closed: Door = { ...door, address: "2001:db8::7", connectMs: null, errno: "ETIMEDOUT" };
const welcome: Welcome = {
  type: "welcome",
  version: 1,
  network: "blue",
  port: 1,
  name: "a",
  mtu: 1_500,
  keepaliveMs: 10_000,
  capabilities: { offload: [] },
  warnings: [],
};
const welcomed: Meeting = { kind: "welcomed", welcome, rttMs: 11, skew: { ms: 100, uncertainMs: 6 } };
const refused = (code: string): Meeting => ({ kind: "refused", code, why: `the server refused: ${code}` });

/** A server with which all is well. */
const WELL: ServerFacts = {
  endpoint: parseEndpoint("tls://switch.example/blue"),
  nameErrno: null,
  doors: [door],
  tls: { fingerprint: PIN, issuer: "" },
  pin: { wanted: PIN, from: "URL" },
  meeting: welcomed,
  path: { mtu: 1_500, rttMs: 10 },
  tapNames: ["tap0"],
};
const CLEAR: Partial<ServerFacts> = { endpoint: parseEndpoint("tcp://switch.example"), tls: null, pin: null };

describe("of a server", () => {
  test("everything passes where all is well", () => {
    for (const [name, check] of Object.entries(SERVER_CHECKS)) assert.equal(check(WELL).level, "pass", name);
  });

  const skewed = (ms: number, uncertainMs: number): Partial<ServerFacts> => ({
    meeting: { ...welcomed, skew: { ms, uncertainMs } },
  });
  const cases: [keyof typeof SERVER_CHECKS, string, Partial<ServerFacts>, RegExp][] = [
    ["name", "fail", { nameErrno: "ENOTFOUND", doors: [] }, /ENOTFOUND.*spelling/],
    ["reach", "warn", { doors: [door, closed] }, /2001:db8::7 does not answer \(ETIMEDOUT\).*loses time/],
    ["reach", "fail", { doors: [closed] }, /firewall/],
    ["reach", "fail", { doors: [{ ...closed, errno: "EHOSTUNREACH" }] }, /no way there/],
    ["reach", "skip", { doors: [] }, /no address/],
    ["route", "fail", { doors: [{ ...door, device: "tap0" }] }, /tap0, a TAP.*real network/],
    ["route", "fail", { doors: [{ ...door, device: null }] }, /no route/],
    ["protocol", "fail", { doors: [{ ...door, banner: "220 mail\u001b[2J\r\n" }] }, /'220 mail \[2J'/],
    ["protocol", "fail", { tls: { why: "ERR_SSL_WRONG_VERSION_NUMBER", speaks: true } }, /not speak TLS/],
    ["protocol", "fail", { tls: { why: "ECONNRESET", speaks: false } }, /ECONNRESET.*log/],
    ["protocol", "pass", CLEAR, /without TLS/],
    ["protocol", "pass", { ...CLEAR, meeting: refused("full") }, /without TLS/],
    ["protocol", "fail", { ...CLEAR, meeting: refused("protocol") }, /no tapswitch/],
    ["protocol", "fail", { ...CLEAR, meeting: refused("timeout") }, /does not answer a hello/],
    ["key", "fail", { pin: null }, /nothing says which.*A{43}.*\?pin=/],
    ["key", "fail", { pin: { wanted: `B${PIN.slice(1)}`, from: "state folder" } }, /someone in between.*ask/],
    ["key", "pass", { endpoint: parseEndpoint("tls://h?ca=/ca.pem"), pin: null }, /ca\.pem/],
    ["key", "skip", CLEAR, /proves nothing/],
    ["membership", "pass", { meeting: refused("already-connected") }, /another process/],
    ["membership", "fail", { meeting: refused("not-a-member") }, /tapswitch invite/],
    ["membership", "fail", { meeting: refused("version") }, /same version/],
    ["membership", "fail", { meeting: refused("unknown-network") }, /--network/],
    ["membership", "fail", { meeting: refused("system") }, /log of the server/],
    ["round-trip", "pass", {}, /session 11 ms, TCP 12 ms, ICMP 10 ms/],
    ["round-trip", "skip", { doors: [], meeting: refused("full"), path: { why: "x" } }, /nothing/],
    ["clock-skew", "warn", skewed(-60_000, 10), /60\.0 s behind.*set-ntp/],
    ["clock-skew", "warn", skewed(60_000, 10), /60\.0 s ahead/],
    ["clock-skew", "pass", skewed(6_000, 2_000), /± 2000 ms/],
    ["clock-skew", "skip", { meeting: { ...welcomed, skew: null } }, /does not tell/],
    ["path-mtu", "pass", { path: { mtu: 1_400, rttMs: 1 } }, /1400 bytes \(eth0 sends up to 1500\)/],
    ["path-mtu", "warn", { path: { mtu: 1_000, rttMs: 1 } }, /tcp_mtu_probing/],
    ["path-mtu", "skip", { path: { mtu: null, rttMs: null } }, /not answered/],
    [
      "path-mtu",
      "pass",
      { path: { why: "no raw socket" } },
      /1500 bytes as the kernel believes.*no raw socket/,
    ],
    ["path-mtu", "skip", { path: { why: "no raw socket" }, doors: [{ ...door, kernelMtu: null }] }, /no raw/],
    [
      "network-mtu",
      "warn",
      { meeting: { ...welcomed, welcome: { ...welcome, warnings: ["9000, not 1500"] } } },
      /9000/,
    ],
    ["network-mtu", "skip", { meeting: refused("full") }, /only to members/],
  ];
  for (const [index, [name, level, facts, said]] of cases.entries()) {
    test(`${name} is '${level}' where that is what the facts say (${index})`, () => {
      const verdict = SERVER_CHECKS[name]({ ...WELL, ...facts });
      assert.equal(verdict.level, level, verdict.text);
      assert.match(`${verdict.text} ${verdict.fix ?? ""}`, said);
      if (level === "warn" || level === "fail") assert.ok(verdict.fix);
    });
  }
});

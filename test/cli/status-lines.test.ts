import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lookOf } from "../../src/cli/format/look.js";
import { statusLines } from "../../src/cli/status-lines.js";
import type { StatusView } from "../../src/control/inspect-api.js";
import { networkView, statusView, uplinkView } from "../support/views.js";

const plain = lookOf({}, {});
const once = (status: StatusView, look = plain) =>
  statusLines({ now: { value: status, atMs: 0 }, earlier: undefined }, look);

const listener = { url: "tls://[::]:9621", raw: false, encrypted: true, exposed: false };
const uplink = uplinkView();

describe("status", () => {
  test("says what runs, since when, and what it has", () => {
    assert.deepEqual(once(statusView({ listeners: [listener], ends: { end: 4, timeout: 1, bye: 0 } })), [
      "serve 0.1.0, process 4711, up 3h12m, memory 52.0MB, log level info",
      "connections 1, ended end:4 timeout:1",
      "",
      "NETWORK  PORTS  MACS  IN  OUT  TOTAL IN  TOTAL OUT  DROPS",
      "default      1     1   -    -        0B         0B      0",
      "",
      "LISTENER         ENCRYPTED  RAW PEERS",
      "tls://[::]:9621  yes        no",
    ]);
  });

  test("has rates from the second look on", () => {
    const at = (bytesIn: number, cpuSeconds: number) =>
      statusView({ cpuSeconds, networks: [networkView({ bytesIn })] });
    const lines = statusLines(
      { now: { value: at(3_000_000, 3.5), atMs: 2_000 }, earlier: { value: at(500_000, 3), atMs: 0 } },
      plain,
    );
    assert.match(lines[0]!, /processor 25%/);
    assert.match(lines[4]!, /^default +1 +1 +10\.0Mbit\/s +0 +3\.00MB/);
  });

  test("says first which listener is exposed and which lets raw peers in", () => {
    const exposed = { url: "tcp://0.0.0.0:9622", raw: true, encrypted: false, exposed: true };
    const raw = { url: "unix:///run/vms.sock", raw: true, encrypted: false, exposed: false };
    const lines = once(statusView({ listeners: [listener, exposed, raw] }));
    assert.match(lines[3]!, /^exposed: tcp:\/\/0\.0\.0\.0:9622 lets in anyone .* encrypts nothing/);
    assert.match(lines[4]!, /^raw: unix:\/\/\/run\/vms\.sock /);
  });

  test("of a join shows uplink and device, and no listeners", () => {
    const device = {
      name: "tap0",
      mac: "02:00:00:00:00:01",
      mtu: 1500,
      addresses: ["10.10.0.1/24"],
      carrier: true,
      offload: ["csum", "tso4"],
    };
    assert.deepEqual(once(statusView({ role: "join", uplinks: [uplink], devices: [device] })).slice(5), [
      "UPLINK                  STATE  SINCE     RTT  RECONNECTS  NETWORK  PORT   LAST ERROR",
      "tls://203.0.113.7:9621  up     2m00s  0.42ms           2  default  3 web  -",
      "",
      "DEVICE  CARRIER  MAC                 MTU  ADDRESSES     OFFLOAD",
      "tap0    up       02:00:00:00:00:01  1500  10.10.0.1/24  csum tso4",
    ]);
  });

  test("shows why an uplink is down, harmlessly and in one line", () => {
    const down = uplinkView({ state: "waiting", rttMs: null, lastError: "refused:\n\x1b[2Jgo away" });
    const line = once(statusView({ role: "join", uplinks: [down] })).at(-1)!;
    assert.match(line, /waiting +2m00s +- +2 .*refused:\ufffd\ufffd\[2Jgo away$/);
  });

  test("of a join says what the server lets it do, where that is not everything", () => {
    const all = { macs: [], ips: [] };
    const some = { vlan: 10, macs: ["02:00:00:00:00:07"], ips: ["10.0.0.7"], macLimit: 1, rate: 100_000_000 };
    const second = (grant: typeof all | typeof some): string =>
      once(statusView({ role: "join", uplinks: [uplinkView({ grant })] }))[1]!;
    assert.equal(second(all), "");
    assert.equal(
      second(some),
      "tls://203.0.113.7:9621 lets us in: VLAN 10, as 02:00:00:00:00:07, from 10.0.0.7, at most 1 MACs, at most 100Mbit/s",
    );
  });

  test("breaks its sentences and cuts its tables to a narrow terminal", () => {
    const exposed = { url: "tcp://0.0.0.0:9622", raw: true, encrypted: false, exposed: true };
    const narrow = lookOf({ isTTY: true, columns: 40 }, { NO_COLOR: "1" });
    for (const line of once(statusView({ listeners: [exposed] }), narrow))
      assert.ok(line.length <= 40, `${line.length}: ${line}`);
    const text = once(statusView({ listeners: [exposed] }), narrow).join(" ");
    assert.match(text, /lets in anyone who reaches it and encrypts nothing; listen on tls:\/\/ instead/);
  });
});

/** The screen of `top` as text. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type Look, lookOf } from "../../../src/cli/format/look.js";
import { widthOf } from "../../../src/cli/format/plain-text.js";
import { type Picture, TopHistory } from "../../../src/cli/top/top-history.js";
import { INITIAL_STATE, type TopState } from "../../../src/cli/top/top-state.js";
import { portRows, type Size, topLines } from "../../../src/cli/top/top-view.js";
import type { PortView, StatusView } from "../../../src/control/inspect-api.js";
import { networkView, portView, statusView, uplinkView } from "../../support/views.js";

const plain = lookOf({}, {});
const none = portView().drops;

/** Ports `ports` that carry `second` more each second. */
function seen(ports: (second: number) => PortView[], status: StatusView, seconds = 3): Picture {
  const history = new TopHistory(60);
  for (let second = 0; second < seconds; second++) history.record(status, ports(second), second * 1_000);
  return history.record(status, ports(seconds), seconds * 1_000);
}

const three = (second: number): PortView[] => [
  portView(1, {
    bytesIn: second * second * 1_000_000,
    bytesOut: 125 * second,
    framesIn: second * 800,
    framesOut: second,
  }),
  portView(2, {
    name: "日本の支社",
    drops: { ...none, queue: second * 12, vlan: 3 },
    queuedBytes: 123_456,
  }),
  portView(3, { name: "vm\x1b[2J\nred", network: "blue", up: false, peer: null }),
];
const both = statusView({ networks: [networkView(), networkView({ name: "blue" })] });

function screen(picture: Picture, size: Size, state: Partial<TopState> = {}, look: Partial<Look> = {}) {
  const whole = { ...INITIAL_STATE, ...state };
  return topLines(picture, whole, size, { ...plain, ...look, trouble: null });
}

describe("top", () => {
  test("shows what runs, the course of the last minute, drops, and the busiest ports first", () => {
    assert.deepEqual(screen(seen(three, both), { columns: 80, rows: 12 }), [
      "serve 0.1.0  up 3h12m  ports 2/3 up  networks 2  processor 0%  memory 52.0MB",
      "in  40.0Mbit/s    800 f/s                                                    ▂▅█",
      "out 1.00kbit/s      1 f/s                                                    ███",
      "drops  queue 12/s",
      "",
      "PORT              NETWORK            ▾IN         OUT  IN f/s  OUT f/s  DROP/s",
      "port-1            default     40.0Mbit/s  1.00kbit/s     800        1       0",
      "vm�[2J�red        blue                 0           0       0        0       0",
      "日本の支社        default              0           0       0        0      12",
      "",
      "",
      "q quit  s sort:in  r turn  n network:all  space pause  ? help",
    ]);
  });

  test("has bars, addresses, queues, reasons and peers of each port where there is room", () => {
    const lines = screen(seen(three, both), { columns: 200, rows: 60 });
    assert.equal(lines.length, 60);
    assert.match(
      lines[5]!,
      /^PORT +NETWORK +▾IN +OUT +IN f\/s +OUT f\/s +DROP\/s +LAST MINUTE +MACS +QUEUED +DROPS BY REASON +PEER$/,
    );
    assert.match(lines[6]!, /^port-1 .* {2}▂▅█ +1 +0 +0 +10\.0\.0\.1:4000$/);
    assert.match(lines[8]!, /^日本の支社 .* +12 +1 +123KB +queue:36 vlan:3 +10\.0\.0\.2:4000$/);
    assert.match(lines[7]!, /down$/);
  });

  test("leaves the network's column out where there is one network, or one is chosen", () => {
    const picture = seen(three, both);
    const lines = screen(picture, { columns: 80, rows: 10 }, { network: "blue" });
    assert.match(lines[5]!, /^PORT +▾IN +OUT .* LAST MINUTE$/);
    assert.match(lines[6]!, /^vm/);
    assert.equal(lines[7], "");
    assert.match(lines.at(-1)!, /network:blue/);
  });

  test("scrolls through 500 ports, and says where it is", () => {
    const many = Array.from({ length: 500 }, (_, at) => portView(at + 1, { name: `vm-${at + 1}` }));
    const picture = seen(() => many, statusView());
    const size = { columns: 80, rows: 24 };
    const first = screen(picture, size, { sort: "name" });
    assert.match(first[6]!, /^vm-1 /);
    assert.match(first[22]!, /^vm-17 /);
    assert.match(first[23]!, /^1-17 of 500 {2}q quit/);
    const last = screen(picture, size, { sort: "name", scroll: 10_000 });
    assert.match(last[22]!, /^vm-500 /);
    assert.match(last[23]!, /^484-500 of 500 /);
  });

  test("says that it is paused, what an uplink does, and louder why no news come", () => {
    const uplink = uplinkView({ server: "tls://h:9621" });
    const picture = seen(three, statusView({ role: "join", uplinks: [uplink] }));
    const size = { columns: 80, rows: 10 };
    assert.equal(screen(picture, size)[4], "uplink tls://h:9621 up 0.42ms");
    assert.equal(screen(picture, size, { paused: true })[4], "PAUSED: space goes on");
    const look = { ...plain, trouble: "no answer\x07" };
    assert.equal(topLines(picture, { ...INITIAL_STATE, paused: true }, size, look)[4], "no answer\ufffd");
  });

  test("tells drops since the start where nothing is dropped now", () => {
    const one = portView(1, { drops: { ...none, vlan: 3, queue: 20_000 } });
    const size = { columns: 80, rows: 10 };
    const picture = seen(() => [one], statusView());
    assert.equal(screen(picture, size)[3], "drops  none now; in all queue 20.0k  vlan 3");
    assert.equal(
      screen(
        seen(() => [portView()], statusView()),
        size,
      )[3],
      "drops  none",
    );
  });

  test("explains its keys", () => {
    const text = screen(seen(three, both), { columns: 80, rows: 24 }, { help: true }).join("\n");
    for (const key of ["s ", "r ", "n ", "space", "up down", "q "])
      assert.match(text, new RegExp(`^${key}`, "m"));
    assert.doesNotMatch(text, /…/);
  });

  test("fills any terminal exactly, however small or wide, in colour too", () => {
    const colours = lookOf({ isTTY: true }, { TERM: "xterm" });
    const picture = seen(three, both);
    for (const help of [false, true])
      for (let columns = 1; columns < 250; columns += 7)
        for (let rows = 1; rows < 40; rows += 3) {
          const lines = screen(picture, { columns, rows }, { help }, colours);
          assert.equal(lines.length, rows);
          for (const line of lines) {
            const width = widthOf(stripVTControlCharacters(line));
            assert.ok(width <= columns, `${width} > ${columns}: ${line}`);
          }
        }
  });

  test("paints a port that drops, and one without link", () => {
    const paint = { warning: (text: string) => `<${text}>`, quiet: (text: string) => `(${text})` };
    const lines = screen(seen(three, both), { columns: 80, rows: 12 }, {}, paint);
    assert.match(lines[7]!, /^\(vm.*\)$/);
    assert.match(lines[8]!, /^<日本の支社.*>$/);
  });

  test("has room for no ports on a terminal that is too low", () => {
    assert.equal(portRows({ columns: 80, rows: 5 }), 0);
    assert.equal(portRows({ columns: 80, rows: 24 }), 17);
  });
});

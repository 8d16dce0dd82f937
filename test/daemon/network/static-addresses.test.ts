import assert from "node:assert/strict";
import { test } from "node:test";
import { EventHub } from "../../../src/control/event-hub.js";
import { MAX_STATIC } from "../../../src/daemon/network/static-addresses.js";
import { WatchedSwitch } from "../../../src/daemon/network/watched-switch.js";
import { parseMac } from "../../../src/frame/mac.js";
import { ManualClock } from "../../support/clock.js";
import { macOf } from "../../support/frames.js";
import { recordedLog } from "../../support/server.js";

const printer = parseMac(macOf(1));

function watched(): WatchedSwitch {
  return new WatchedSwitch({
    name: "lan",
    clock: new ManualClock(),
    log: recordedLog().log,
    hub: new EventHub(Date.now),
  });
}

const behind = ({ switch: lan }: WatchedSwitch): string | undefined =>
  lan.table.lookup(0, printer.high, printer.low)?.name;

test("belong to the name of a port, which has them again when it comes back", () => {
  const one = watched();
  const lan = one.switch;
  const port = lan.attach(null, { name: "web" });
  one.statics.add(printer, 0, port);
  assert.deepEqual([...one.statics.waiting(lan.ports)], []);
  lan.detach(port);
  assert.equal(behind(one), undefined);
  assert.deepEqual([...one.statics.waiting(lan.ports)], [{ mac: printer, vlan: 0, portName: "web" }]);
  lan.attach(null, { name: "other" });
  assert.equal(behind(one), undefined);
  lan.attach(null, { name: "web" });
  assert.equal(behind(one), "web");
});

test("go elsewhere when they are put elsewhere, and stay away once they are removed", () => {
  const one = watched();
  const [web, other] = ["web", "other"].map((name) => one.switch.attach(null, { name }));
  one.statics.add(printer, 0, web!);
  one.statics.add(printer, 0, other!);
  assert.equal(behind(one), "other");
  assert.equal(one.statics.remove(printer, 0).portName, "other");
  assert.equal(behind(one), undefined);
  assert.throws(() => one.statics.remove(printer, 0), { code: "not-found", message: /untagged/ });
  assert.throws(() => one.statics.remove(printer, 7), { code: "not-found", message: /VLAN 7/ });
});

test("are those of stations", () => {
  const one = watched();
  const port = one.switch.attach(null, { name: "web" });
  const refused = { code: "usage", message: /group address/ };
  for (const group of ["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff"])
    assert.throws(() => one.statics.add(parseMac(group), 0, port), refused);
});

test("are bounded in number, and one of them may still be changed then", () => {
  const one = watched();
  const port = one.switch.attach(null, { name: "web" });
  for (let number = 1; number <= MAX_STATIC; number++) one.statics.add(parseMac(macOf(number)), 0, port);
  assert.throws(() => one.statics.add(parseMac(macOf(0)), 0, port), { code: "full" });
  one.statics.add(printer, 0, port);
  assert.equal(one.switch.table.size, MAX_STATIC);
});

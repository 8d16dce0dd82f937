import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { refuseOwnRoute } from "../../../src/daemon/wires/own-route.js";
import { errnoOf } from "../../../src/errors.js";
import { ip, kernelTests } from "../../native/namespace.js";

function refused(name: string, servers: readonly string[], what: string): void {
  assert.throws(
    () => refuseOwnRoute(name, servers),
    (error) => {
      assert.equal(errnoOf(error), "route-loop");
      assert.ok(String(error).includes(`${name} carries ${what}`), String(error));
      assert.match(String(error), /name another interface, or say force=yes/);
      return true;
    },
  );
}

kernelTests(import.meta.url, () => {
  afterEach(() => {
    for (const device of ["br0", "up0", "side0"]) {
      try {
        ip(`link del ${device}`);
      } catch {
        // Not every test makes it.
      }
    }
  });

  /** An interface towards the Internet, and one aside. */
  function site(): void {
    for (const [name, address] of [
      ["up", "203.0.113.9/24"],
      ["side", "10.1.0.1/24"],
    ]) {
      ip(`link add ${name}0 type veth peer name ${name}1`);
      ip(`address add ${address} dev ${name}0`);
      for (const end of [0, 1]) ip(`link set ${name}${end} up`);
    }
    ip("route add default via 203.0.113.1");
  }

  test("an interface that carries the default route or the way to the server is refused", () => {
    site();
    refused("up0", [], "this host's default route");
    refused("up0", ["198.51.100.7"], "the route to the server 198.51.100.7");
    refused("side0", ["10.1.0.7"], "the route to the server 10.1.0.7");
    refuseOwnRoute("side0", ["198.51.100.7", "127.0.0.1"]);
    refuseOwnRoute("no-such-nic", []);
  });

  test("so is the port of a bridge that does", () => {
    ip("link add up0 type veth peer name up1");
    ip("link add br0 type bridge");
    ip("link set up0 master br0");
    for (const device of ["up0", "up1", "br0"]) ip(`link set ${device} up`);
    ip("address add 10.2.0.1/24 dev br0");
    refused("up0", ["10.2.0.9"], "the route to the server 10.2.0.9");
    refused("br0", ["10.2.0.9"], "the route to the server 10.2.0.9");
    refuseOwnRoute("up1", ["10.2.0.9"]);
  });

  test("so is the other end of the cable that does", () => {
    site();
    refused("up1", [], "this host's default route");
    refuseOwnRoute("side1", []);
  });
});

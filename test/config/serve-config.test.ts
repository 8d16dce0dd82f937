import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatEndpoint } from "../../src/config/endpoint/endpoint.js";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { TapswitchError } from "../../src/errors.js";

test("without a word, it is one network for members on every address, with the documented limits", () => {
  const { listen, ...rest } = parseServeConfig({});
  assert.deepEqual(listen.map(formatEndpoint), ["tls://[::]:9621"]);
  assert.deepEqual(rest, {
    network: ["default"],
    networks: {},
    ports: {},
    ...{ loopProbe: true, stp: "off" as const, stpPriority: 32_768, stpHello: 2, stpForwardDelay: 15 },
    raGuard: false,
    addressGuard: "off",
    suppression: false,
    stp: "off",
    stpPriority: 32_768,
    stpHello: 2,
    stpForwardDelay: 15,
    loopProbe: true,
    mtu: 1_500,
    maxPorts: 1_024,
    macLimit: 4_096,
    age: 300,
    attach: [],
    keepalive: 30_000,
    forwardReserved: [],
    insecure: false,
    logLevel: "info",
    logFormat: "auto",
  });
});

test("takes numbers and their text", () => {
  assert.equal(parseServeConfig({ mtu: "9000" }).mtu, 9_000);
  assert.equal(parseServeConfig({ mtu: 9_000 }).mtu, 9_000);
});

test("takes every option", () => {
  const config = parseServeConfig({
    listen: ["tcp://[::]:1", "unix:///s"],
    network: ["blue", "red"],
    maxPorts: "2",
    forwardReserved: ["lldp", "lacp"],
    insecure: true,
    state: "/var/lib/x",
    control: "/run/x",
  });
  assert.equal(config.listen.length, 2);
  assert.deepEqual(config.forwardReserved, ["lldp", "lacp"]);
  assert.deepEqual([config.state, config.control], ["/var/lib/x", "/run/x"]);
});

describe("what is wrong is said with the flag, the value and what it may be", () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ mtu: "67" }, /^--mtu '67': a whole number from 68 to 69618$/],
    [{ mtu: "big" }, /^--mtu 'big': a whole number from 68 to 69618$/],
    [{ mtu: "" }, /^--mtu '': a whole number/],
    [{ mtu: "1e3" }, /^--mtu '1e3': a whole number/],
    [{ mtu: 1500.5 }, /^--mtu '1500\.5': a whole number/],
    [{ mtu: "99999999999999999999" }, /^--mtu '9+': a whole number/],
    [{ maxPorts: "0" }, /^--max-ports '0': a whole number from 1 to 100000$/],
    [{ macLimit: "70000" }, /^--mac-limit '70000': a whole number from 1 to 65536$/],
    [{ age: "-1" }, /^--age '-1': a whole number/],
    [{ keepalive: "99" }, /^--keepalive '99': a whole number from 100 to 3600000$/],
    [{ network: ["ok", "not ok"] }, /^--network\[1\] 'not ok': letters, digits/],
    [{ network: [] }, /^--network: at least one$/],
    [{ network: ["blue", "red", "blue"] }, /^--network\[2\] 'blue': given twice$/],
    [{ forwardReserved: ["bpdu", "stp"] }, /^--forward-reserved\[1\] 'stp': .*lldp/],
    [{ listen: ["tcp://h", "sctp://h"] }, /^--listen\[1\]: endpoint 'sctp:\/\/h': unknown kind 'sctp'/],
    [{ speed: "fast" }, /speed/],
  ];
  for (const [config, expected] of wrong) {
    test(JSON.stringify(config), () => {
      assert.throws(
        () => parseServeConfig(config),
        (error: unknown) => {
          assert.ok(error instanceof TapswitchError && error.code === "usage");
          assert.match(error.message, expected);
          assert.ok(!error.message.includes("\n"));
          return true;
        },
      );
    });
  }
});

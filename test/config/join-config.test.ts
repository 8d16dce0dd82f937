import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseJoinConfig } from "../../src/config/join-config.js";
import { TapswitchError } from "../../src/errors.js";

const server = "tcp://203.0.113.7:9621/blue";

test("needs to be told the server, and nothing else", () => {
  assert.deepEqual(parseJoinConfig({ server }), {
    server: {
      kind: "tcp",
      host: "203.0.113.7",
      port: 9_621,
      network: "blue",
      portOptions: {},
      raw: undefined,
    },
    listen: [],
    attach: [],
    maxPorts: 1_024,
    insecure: false,
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
    tap: true,
    ip: [],
    persist: false,
    carrierHold: 5,
    offload: true,
    testResponder: true,
    logLevel: "info",
    logFormat: "auto",
  });
});

test("takes every option", () => {
  const config = parseJoinConfig({
    server,
    dev: "vm0",
    ip: ["10.10.0.1/24", "fd00::1/64"],
    mtu: "9000",
    mac: "02-00-5E-10-00-01",
    name: "host-1",
    up: "echo up",
    down: "echo down",
    persist: true,
    carrierHold: "never",
    offload: false,
    state: "/s",
    control: "/c",
  });
  assert.equal(config.mtu, 9_000);
  assert.equal(config.carrierHold, "never");
  assert.deepEqual(config.ip, ["10.10.0.1/24", "fd00::1/64"]);
});

test("takes the least and the greatest MTU that a TAP has", () => {
  for (const mtu of ["68", "65521"]) assert.equal(parseJoinConfig({ server, mtu }).mtu, Number(mtu));
});

describe("what is wrong is said with the flag, the value and what it may be", () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ server: "203.0.113.7" }, /^server: endpoint '203\.0\.113\.7': no kind/],
    [{}, /^server: /],
    [{ server, mtu: "65522" }, /^--mtu '65522': a whole number from 68 to 65521$/],
    [{ server, mtu: "67" }, /^--mtu '67': /],
    [{ server, mac: "02:00" }, /^--mac '02:00': six hex octets, as 02:00:5e:10:00:01$/],
    [{ server, dev: "a/b" }, /^--dev 'a\/b': 1 to 15 characters/],
    [{ server, dev: "" }, /^--dev '': 1 to 15 characters/],
    [{ server, dev: "x".repeat(16) }, /^--dev 'x+': 1 to 15 characters/],
    [
      { server, ip: ["10.0.0.1"] },
      /^--ip\[0\] '10\.0\.0\.1': an address with its prefix, as 10\.10\.0\.1\/24$/,
    ],
    [{ server, ip: ["10.0.0.1/24", "10.0.0.1/33"] }, /^--ip\[1\] /],
    [{ server, ip: ["fd00::1/129"] }, /^--ip\[0\] /],
    [{ server, ip: ["10.0.0.1/24"], bridge: "br0" }, /^--ip: does not go with --bridge/],
    [{ server, name: "my host" }, /^--name 'my host': letters, digits/],
    [{ server, carrierHold: "soon" }, /^--carrier-hold 'soon': seconds, or never$/],
    [{ server, carrierHold: "-1" }, /^--carrier-hold '-1': seconds, or never$/],
    [{ server, colour: "red" }, /colour/],
  ];
  for (const [config, expected] of wrong) {
    test(JSON.stringify({ ...config, server: undefined }), () => {
      assert.throws(
        () => parseJoinConfig(config),
        (error: unknown) => {
          assert.ok(error instanceof TapswitchError && error.code === "usage");
          assert.match(error.message, expected);
          assert.ok(!error.message.includes("\n"));
          return true;
        },
      );
    });
  }

  for (const [address, why] of [
    ["01:00:5e:00:00:01", "a group address"],
    ["ff:ff:ff:ff:ff:ff", "the broadcast address"],
    ["00:00:00:00:00:00", "no address"],
  ] as const) {
    test(`a MAC that is ${why}`, () => {
      assert.throws(() => parseJoinConfig({ server, mac: address }), /--mac '.*': an address of one station/);
    });
  }

  for (const option of ["raw=yes", "raw=no"]) {
    test(`?${option}, which is for listeners`, () => {
      assert.throws(
        () => parseJoinConfig({ server: `tcp://h?${option}` }),
        /^TapswitchError: server: endpoint '.*': 'raw' is for listeners/,
      );
    });
  }

  test("?mode and ?group, which are for listeners", () => {
    assert.throws(() => parseJoinConfig({ server: "unix:///s?mode=0600" }), /'mode' is for listeners/);
    assert.throws(() => parseJoinConfig({ server: "unix:///s?group=kvm" }), /'group' is for listeners/);
  });

  test("port 0, to which nobody can connect", () => {
    assert.throws(
      () => parseJoinConfig({ server: "tcp://h:0" }),
      /server: endpoint '.*': nobody can connect to port 0/,
    );
  });
});

describe("a join as a switch of its own", () => {
  const refused = (given: Record<string, unknown>, message: RegExp): void =>
    assert.throws(() => parseJoinConfig({ server, ...given }), { code: "usage", message });

  test("listens and attaches", () => {
    const config = parseJoinConfig({
      ...{ server, tap: "no", listen: ["unix:///s?vlan=7", "tcp://127.0.0.1:0/blue"], attach: ["tap:t"] },
    });
    assert.deepEqual(
      [config.tap, config.listen.map(({ kind }) => kind), config.attach.map(({ kind }) => kind)],
      [false, ["unix", "tcp"], ["tap"]],
    );
  });

  test("has one network", () => {
    refused({ listen: ["unix:///s?network=red"] }, /names network 'red': a join has one network/);
    refused({ attach: ["tap:t?network=red"] }, /names network 'red': a join has one network/);
  });

  test("admits no members", () =>
    refused({ listen: ["tls://[::]:9621"] }, /a join admits no members, as tls/));

  test("faces the network only when told to", () => {
    refused({ listen: ["tcp://0.0.0.0:1"] }, /faces the network without encryption/);
    assert.equal(parseJoinConfig({ server, listen: ["tcp://0.0.0.0:1"], insecure: true }).listen.length, 1);
  });

  for (const [key, value] of Object.entries({
    ...{ dev: "x", ip: ["10.0.0.1/8"], mac: "02:00:00:00:00:01", bridge: "b", persist: true },
  }))
    test(`without a device has no ${key}`, () =>
      refused({ tap: false, [key]: value }, /is of a device, and --no-tap wants none/));
});

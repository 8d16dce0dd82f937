/** Endpoints of local devices and files, and the options by which a port is made worse. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatEndpoint, parseEndpoint, writeEndpoint } from "../../src/config/endpoint/endpoint.js";
import { check } from "../support/generated.js";

const attached = (text: string) => parseEndpoint(text, "attach");

function isReadAgain(text: string): void {
  const endpoint = attached(text);
  assert.deepEqual(attached(writeEndpoint(endpoint)), endpoint);
}

describe("an endpoint of an interface", () => {
  test("names it, and may insist", () => {
    assert.deepEqual(attached("nic:eth1?force=yes&network=blue&vlan=10"), {
      ...{ kind: "nic", device: "eth1", force: true, network: "blue", portOptions: { vlan: 10 } },
    });
    assert.deepEqual(attached("macvtap:mv0"), {
      ...{ kind: "macvtap", device: "mv0", network: undefined, portOptions: {} },
    });
    for (const text of ["nic:eth1", "nic:eth1?force=no", "nic:enp0s3.7", "macvtap:mv0?name=x"])
      isReadAgain(text);
  });

  for (const text of ["nic:", "nic://eth1", "nic:/a", "nic:a%20b", `nic:${"x".repeat(16)}`, "macvtap:"])
    test(`'${text}' is none`, () => assert.throws(() => attached(text), /is no device name/));

  test("is for attached wires only", () => {
    assert.throws(
      () => parseEndpoint("nic:eth1", "listen"),
      /'nic' is for attached wires, not for listeners/,
    );
    assert.throws(() => attached("nic:eth1?force=maybe"), /force is 'maybe', not yes or no/);
  });
});

describe("an endpoint of a descriptor", () => {
  test("has its number", () => {
    assert.deepEqual(attached("fd:3?name=vm1"), {
      ...{ kind: "fd", fd: 3, network: undefined, portOptions: { name: "vm1" } },
    });
    isReadAgain("fd:12?vlan=7");
  });

  for (const [text, expected] of [
    ["fd:", /'' is no descriptor's number/],
    ["fd://3", /'3' is no descriptor's number/],
    ["fd:three", /'three' is no descriptor's number/],
    ["fd:-1", /'-1' is no descriptor's number/],
    ["fd:0", /standard input, output and error: use 3 or more/],
  ] as const)
    test(`'${text}' is refused`, () => assert.throws(() => attached(text), expected));
});

describe("an endpoint of a capture", () => {
  test("has a path from here or from the root, a speed, and may loop", () => {
    for (const [text, path] of [
      ["pcap:lan.pcap", "lan.pcap"],
      ["pcap:./lan.pcap", "./lan.pcap"],
      ["pcap:/tmp/my%20lan.pcapng", "/tmp/my lan.pcapng"],
      ["pcap:///tmp/lan.pcap", "/tmp/lan.pcap"],
    ] as const) {
      const endpoint = attached(text);
      assert.equal(endpoint.kind === "pcap" && endpoint.path, path);
      isReadAgain(text);
    }
    assert.deepEqual(attached("pcap:a?speed=0.5&loop=yes"), {
      ...{ kind: "pcap", path: "a", speed: 0.5, loop: true, network: undefined, portOptions: {} },
    });
    assert.equal(formatEndpoint(attached("pcap:/a/b c?loop=no")), "pcap:/a/b%20c");
  });

  for (const [text, expected] of [
    ["pcap:", /no path/],
    ["pcap://tmp/a", /write three of them/],
    ["pcap:a?speed=fast", /speed 'fast' is not a number/],
    ["pcap:a?speed=-1", /speed '-1' is not/],
    ["pcap:a?speed=1000001", /from 0 to 1000000/],
    ["pcap:a?speed=1e3", /speed '1e3' is not/],
    ["pcap:a?loop=1", /loop is '1', not yes or no/],
  ] as const)
    test(`'${text}' is refused`, () => assert.throws(() => attached(text), expected));

  test("generated paths are written so that they are read again", () => {
    const path = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).map((text) => `/x${text}`);
    check(
      fc.property(path, (text) => {
        // In a URL "." and ".." go up and down at once.
        if (text.includes("\0") || /\/\.\.?(\/|$)/.test(text)) return;
        const endpoint = {
          kind: "pcap",
          path: text,
          speed: 2,
          loop: true,
          network: undefined,
          portOptions: {},
        };
        assert.deepEqual(attached(writeEndpoint(endpoint as never)), endpoint);
      }),
    );
  });
});

describe("the options of a bad cable", () => {
  test("are read with their units, and written so that they are read again", () => {
    const text = "nic:eth1?delay=20ms&jitter=0.5ms&loss=1%25&rate-out=10mbit&seed=7";
    assert.deepEqual(attached(text).portOptions, {
      ...{ delay: 20, jitter: 0.5, loss: 0.01, rateOut: 10_000_000, seed: 7 },
    });
    isReadAgain(text);
    assert.equal(attached("nic:eth1?delay=1.5s").portOptions.delay, 1_500);
    assert.equal(
      attached("nic:eth1?loss=1%&seed=7").portOptions.loss,
      0.01,
      "a percent sign as people write it",
    );
    assert.equal(parseEndpoint("tcp://h?delay=20ms", "listen").portOptions.delay, 20);
    for (const loss of ["0.000001%25", "100%25", "0%25", "33.3%25"]) isReadAgain(`nic:eth1?loss=${loss}`);
  });

  for (const [query, expected] of [
    ["delay=20", /delay '20' is wrong: '20' is no delay: write it as 20ms/],
    ["delay=61s", /at most 60s/],
    ["jitter=x", /jitter 'x' is wrong/],
    ["loss=0.01", /loss '0.01' is wrong: '0.01' is no share: write it as 1%/],
    ["loss=101%25", /is no share/],
    ["rate-out=1kbit", /a rate from 8kbit to 1000gbit/],
    ["seed=-1", /seed '-1' is wrong/],
  ] as const)
    test(`'${query}' is refused`, () => assert.throws(() => attached(`nic:eth1?${query}`), expected));
});

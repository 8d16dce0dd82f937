import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type EndpointIn,
  formatEndpoint,
  parseEndpoint,
  writeEndpoint,
} from "../../src/config/endpoint/endpoint.js";
import { isLoopback } from "../../src/config/endpoint/host.js";
import type { Role } from "../../src/config/endpoint/role.js";
import { TapswitchError } from "../../src/errors.js";
import { FINGERPRINT_PATTERN } from "../../src/session/fingerprint.js";
import { streamListener } from "../support/endpoints.js";
import { check } from "../support/generated.js";

describe("a TCP endpoint", () => {
  test("has a host, a port and a network", () => {
    assert.deepEqual(parseEndpoint("tcp://203.0.113.7:9000/blue"), {
      kind: "tcp",
      host: "203.0.113.7",
      port: 9_000,
      network: "blue",
      portOptions: {},
      raw: undefined,
    });
  });

  const forms: [string, string, number, string | undefined][] = [
    ["tcp://host", "host", 9_621, undefined],
    ["tcp://host/", "host", 9_621, undefined],
    ["tcp://host:1", "host", 1, undefined],
    ["tcp://host:65535/a", "host", 65_535, "a"],
    ["tcp://host?network=blue", "host", 9_621, "blue"],
    ["tcp://host:80", "host", 80, undefined],
    ["tcp://[::1]:9621/n", "::1", 9_621, "n"],
    ["tcp://[2001:db8::1]", "2001:db8::1", 9_621, undefined],
    ["TCP://host", "host", 9_621, undefined],
  ];
  for (const [text, host, port, network] of forms) {
    test(`is read from '${text}'`, () => {
      const endpoint = parseEndpoint(text);
      assert.equal(endpoint.kind, "tcp");
      assert.deepEqual(endpoint.kind === "tcp" && [endpoint.host, endpoint.port, endpoint.network], [
        host,
        port,
        network,
      ]);
    });
  }

  test("says whether raw peers are taken", () => {
    assert.equal(streamListener("tcp://h?raw=yes").raw, true);
    assert.equal(streamListener("tcp://h?raw=no").raw, false);
    assert.equal(streamListener("tcp://h").raw, undefined);
  });
});

describe("a Unix endpoint", () => {
  test("has a path, and may have network, mode and group", () => {
    assert.deepEqual(
      parseEndpoint("unix:///run/vms.sock?mode=0660&group=kvm&network=blue&raw=no", "listen"),
      {
        kind: "unix",
        path: "/run/vms.sock",
        network: "blue",
        portOptions: {},
        raw: false,
        mode: 0o660,
        group: "kvm",
      },
    );
  });

  test("may have blanks and other characters in its path, written as in any URL", () => {
    const endpoint = parseEndpoint("unix:///run/my%20vms/%C3%A4%3F.sock");
    assert.equal(endpoint.kind === "unix" && endpoint.path, "/run/my vms/ä?.sock");
  });

  test("takes a mode of three digits with or without the leading zero", () => {
    for (const mode of ["660", "0660"]) {
      const endpoint = parseEndpoint(`unix:///s?mode=${mode}`, "listen");
      assert.equal(endpoint.kind === "unix" && endpoint.mode, 0o660);
    }
  });
});

describe("what is wrong with an endpoint is named", () => {
  const wrong: [string, RegExp][] = [
    ["", /no kind/],
    ["203.0.113.7:9621", /no kind/],
    ["//host", /no kind/],
    ["host:9621", /unknown kind 'host'/],
    ["sctp://host:1", /unknown kind 'sctp'/],
    ["http://host", /unknown kind 'http'/],
    ["tcp://", /no host/],
    ["tcp:9621", /no host/],
    ["tcp:///blue", /no host/],
    ["tcp://host:99999", /host or port cannot be read/],
    ["tcp://host:abc", /host or port cannot be read/],
    ["tcp://ho st", /host or port cannot be read/],
    ["tcp://[::1", /host or port cannot be read/],
    ["tcp://host/a/b", /'a\/b' is no network name/],
    ["tcp://host/b%20c", /'b c' is no network name/],
    ["tcp://host/%zz", /percent sign/],
    ["tcp://host?network=", /'' is no network name/],
    ["tcp://host/a?network=b", /given twice, as path and as option/],
    ["tcp://host?raw=maybe", /raw is 'maybe', not yes or no/],
    ["tcp://host?raw=yes&raw=no", /option 'raw' is given twice/],
    ["tcp://host?colour=red", /unknown option 'colour' \(known: network, raw, fd, name, .*, seed\)/],
    ["tcp://host?mode=0660", /unknown option 'mode'/],
    ["tcp://user@host", /no user, password or fragment/],
    ["tcp://user:secret@host", /no user, password or fragment/],
    ["tcp://host#part", /no user, password or fragment/],
    ["unix://run/s.sock", /starts with a slash: write three of them/],
    ["unix://", /no path/],
    ["unix:///", /no path/],
    [`unix:///${"x".repeat(107)}`, /at most 107 bytes/],
    [`unix:///${"%C3%A4".repeat(54)}`, /at most 107 bytes/],
    ["unix:///s?mode=rw", /mode 'rw' is not three octal digits/],
    ["unix:///s?mode=0999", /mode '0999' is not/],
    ["unix:///s?mode=1777", /mode '1777' is not/],
    ["unix:///s?host=x", /unknown option 'host' \(known: network, raw, fd, mode, group, name/],
  ];
  for (const [text, expected] of wrong) {
    test(`in '${text.slice(0, 40)}'`, () => {
      assert.throws(
        () => parseEndpoint(text, "listen"),
        (error: unknown) => {
          assert.ok(error instanceof TapswitchError);
          assert.equal(error.code, "bad-endpoint");
          assert.match(error.message, expected);
          assert.ok(error.message.startsWith(`endpoint '${text}': `));
          return true;
        },
      );
    });
  }
});

test("only addresses of this machine alone count as loopback", () => {
  for (const host of ["localhost", "127.0.0.1", "127.255.0.9", "::1"]) assert.ok(isLoopback(host), host);
  for (const host of [
    "0.0.0.0",
    "::",
    "",
    "128.0.0.1",
    "127.0.0.1.example.com",
    "localhost.example.com",
    "1127.0.0.1",
  ])
    assert.equal(isLoopback(host), false, host);
});

test("is written so that it is read as the same place again", () => {
  for (const text of ["tcp://host:9621", "tcp://[::1]:1/blue", "tcp://10.0.0.1:80/a", "unix:///run/s.sock"])
    assert.equal(formatEndpoint(parseEndpoint(text)), text);
});

test("generated: any text is read or refused by name, and what is read can be written and read again", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "tcp",
      "unix",
      "://",
      ":",
      "/",
      "//",
      "?",
      "&",
      "=",
      "%",
      "[",
      "]",
      "@",
      "#",
      "::1",
      "127.0.0.1",
    ),
    fc.constantFrom("raw", "yes", "network", "mode", "0660", "9621", "blue", "\n", "\0", " ", "ä"),
    fc.string({ maxLength: 8 }),
  );
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
  check(
    fc.property(
      fc.oneof(
        text,
        text.map((rest) => `tcp://h${rest}`),
        text.map((rest) => `unix:///p${rest}`),
      ),
      (given) => {
        let endpoint: EndpointIn<"listen">;
        try {
          endpoint = parseEndpoint(given, "listen");
        } catch (error) {
          assert.ok(error instanceof TapswitchError && error.code === "bad-endpoint", `${error}`);
          return;
        }
        if (endpoint.kind === "tls") {
          assert.ok(endpoint.pin === undefined || FINGERPRINT_PATTERN.test(endpoint.pin));
        } else if (endpoint.kind === "tcp") {
          const again = parseEndpoint(formatEndpoint(endpoint), "listen");
          assert.deepEqual(again, { ...endpoint, raw: undefined, portOptions: {} });
        } else if (endpoint.kind === "unix") {
          assert.ok(endpoint.path.startsWith("/") && !endpoint.path.includes("\0"));
        }
      },
    ),
  );
});

test("an endpoint may name the inherited socket to listen on", () => {
  for (const text of ["tls://h?fd=web", "tcp://h?fd=web", "unix:///run/a?fd=web"])
    assert.equal(streamListener(text).fd, "web");
  for (const name of ["", "a%20b", "a%3Ab", "%0a", "x".repeat(256)])
    assert.throws(() => parseEndpoint(`tls://h?fd=${name}`, "listen"), { code: "bad-endpoint" });
});

test("no error repeats the code of an invite, whatever it was made into", () => {
  const [id, secret] = ["abcdefgh", "0123456789abcdefghijkl"];
  for (const kind of ["tls", "tcp", "tapswitch", "http"])
    assert.throws(
      () => parseEndpoint(`${kind}://switch:9621/default?pin=x&code=${id}.${secret}`),
      ({ code, message }: TapswitchError) => code === "bad-endpoint" && !message.includes(secret),
    );
});

describe("a TAP endpoint", () => {
  test("names a device, and may have a bridge and an MTU", () => {
    assert.deepEqual(parseEndpoint("tap:tap7?bridge=br0&mtu=9000&network=blue&vlan=10", "attach"), {
      ...{ kind: "tap", device: "tap7", bridge: "br0", mtu: 9_000 },
      ...{ network: "blue", portOptions: { vlan: 10 } },
    });
  });

  for (const text of ["tap:", "tap://tap0", "tap:/a", "tap:a%20b", `tap:${"x".repeat(16)}`, "tap:a%3Ab"])
    test(`'${text}' is none`, () => assert.throws(() => parseEndpoint(text, "attach"), /is no device name/));

  for (const mtu of ["", "67", "65522", "1e3", "-1"])
    test(`an MTU of '${mtu}' is none`, () =>
      assert.throws(() => parseEndpoint(`tap:a?mtu=${mtu}`, "attach"), /is not a whole number from 68/));
});

describe("a kind and its options are for some roles only", () => {
  const wrong: [string, Role, RegExp][] = [
    ["tap:tap1", "listen", /'tap' is for attached wires, not for listeners/],
    ["tap:tap1", "server", /'tap' is for attached wires, not for the server to join/],
    ["tls://h", "attach", /'tls' is for the server to join and listeners, not for attached wires/],
    ["tcp://h?raw=yes", "attach", /'raw' is for listeners/],
    ["unix:///s?mode=0600", "attach", /'mode' is for listeners/],
    ["tls://h?pin=x", "listen", /'pin' is for the server to join/],
    ["tls://h?vlan=10", "server", /'vlan' is for listeners/],
    ["tcp://h?rate=1gbit", "server", /'rate' is for listeners and attached wires/],
    ["tcp://h:0", "server", /nobody can connect to port 0/],
    ["tcp://h:0", "attach", /nobody can connect to port 0/],
  ];
  for (const [text, role, expected] of wrong)
    test(`'${text}' as ${role}`, () =>
      assert.throws(() => parseEndpoint(text, role), { code: "bad-endpoint", message: expected }));
});

describe("port options", () => {
  test("stand in the query of every listener and wire", () => {
    const query =
      "name=vm1&vlan=10&mac-limit=4&mac=02:00:00:00:00:0A,02-00-00-00-00-01&rate=1.5mbit&queue=131072";
    const mac = ["02:00:00:00:00:0a", "02:00:00:00:00:01"];
    const expected = { name: "vm1", vlan: 10, macLimit: 4, mac, rate: 1_500_000, queue: 131_072 };
    for (const place of ["tcp://h", "unix:///s", "tls://h"])
      assert.deepEqual(parseEndpoint(`${place}?${query}`, "listen").portOptions, expected);
    for (const place of ["tcp://h", "unix:///s", "tap:t"]) {
      const endpoint = parseEndpoint(`${place}?${query}`, "attach");
      assert.deepEqual(endpoint.portOptions, expected);
      assert.deepEqual(parseEndpoint(writeEndpoint(endpoint), "attach"), endpoint);
    }
  });

  const wrong: [string, RegExp][] = [
    ["vlan=1&trunk=all", /trunk 'all' is wrong: does not go with vlan/],
    ["native=3", /native '3' is wrong: is for a trunk/],
    ["trunk=5-3", /trunk '5-3' is wrong: '5-3' is no VLAN/],
    ["vlan=0", /vlan '0' is wrong: a whole number from 1 to 4094/],
    ["vlan=4095", /from 1 to 4094/],
    ["name=a%20b", /name 'a b' is wrong: letters, digits/],
    ["mac=02:00:00:00:00:0g", /mac '02:00:00:00:00:0g' is wrong/],
    ["mac-limit=x", /mac-limit 'x' is wrong: a whole number/],
    ["rate=fast", /rate 'fast' is wrong: 'fast' is no rate/],
    ["rate=1kbit", /a rate from 8kbit to 1000gbit/],
    ["queue=1", /queue '1' is wrong/],
    ["vlann=10", /unknown option 'vlann' \(did you mean 'vlan'\?\)/],
    ["macLimit=4", /unknown option 'macLimit' \(did you mean 'mac-limit'\?\)/],
    ["vlan=1&vlan=2", /'vlan' is given twice/],
  ];
  for (const [query, expected] of wrong)
    test(`'${query}' is refused`, () =>
      assert.throws(() => parseEndpoint(`unix:///s?${query}`, "attach"), {
        code: "bad-endpoint",
        message: expected,
      }));
});

/** Endpoints of wires that are no streams of ours: what each kind takes, refuses, and is written as. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type EndpointIn, parseEndpoint, writeEndpoint } from "../../src/config/endpoint/endpoint.js";
import { listenerConflicts, wireConflicts } from "../../src/config/listener-conflicts.js";
import { TapswitchError } from "../../src/errors.js";
import { check } from "../support/generated.js";

const attached = (text: string): EndpointIn<"attach"> => parseEndpoint(text, "attach");
const none = { network: undefined, portOptions: {} };

describe("a unixgram endpoint", () => {
  test("has a path, and attached one of our own", () => {
    assert.deepEqual(attached("unixgram:///run/vm?local=/run/ours&mode=0660&group=kvm"), {
      ...{ kind: "unixgram", ...none, path: "/run/vm", local: "/run/ours", mode: 0o660, group: "kvm" },
    });
    assert.deepEqual(parseEndpoint("unixgram:///run/vms", "listen"), {
      ...{ kind: "unixgram", ...none, path: "/run/vms", local: undefined, mode: undefined, group: undefined },
    });
  });
});

describe("a UDP endpoint", () => {
  test("has a peer and an address of our own", () => {
    for (const [text, host, local] of [
      ["udp://vm.example:7001?local=192.0.2.1:7002", "vm.example", { host: "192.0.2.1", port: 7_002 }],
      ["udp://[::1]:7001?local=[::]:1", "::1", { host: "::", port: 1 }],
    ] as const)
      assert.deepEqual(attached(text), { kind: "udp", ...none, host, port: 7_001, local });
  });
});

describe("a VDE endpoint", () => {
  test("has a folder, attached the number of a port, and listening rights", () => {
    const wanted = { kind: "vde", ...none, folder: "/run/vde.ctl", mode: undefined, group: undefined };
    assert.deepEqual(attached("vde:///run/vde.ctl/?port=7"), { ...wanted, port: 7 });
    assert.deepEqual(parseEndpoint("vde:///run/vde.ctl?mode=0660", "listen"), {
      ...{ ...wanted, port: 0, mode: 0o660 },
    });
  });
});

describe("an exec endpoint", () => {
  const commands: [string, string][] = [
    ["exec:ssh far tapswitch join tls://hub --stdio", "ssh far tapswitch join tls://hub --stdio"],
    ["exec:/usr/bin/../bin/x ./a/../b //c", "/usr/bin/../bin/x ./a/../b //c"],
    ["exec:echo 100%25 %3F %23", "echo 100% ? #"],
    ["exec: true ", "true"],
    ["exec:a | b > 'c d' && e", "a | b > 'c d' && e"],
  ];
  for (const [text, command] of commands)
    test(`'${text}' is a command as it was written`, () => {
      const endpoint = attached(text);
      assert.deepEqual(endpoint, { kind: "exec", ...none, command, framing: "record" });
      assert.deepEqual(attached(writeEndpoint(endpoint)), endpoint);
    });

  test("may have the framing of VDE's plugs, and options of the port", () => {
    assert.deepEqual(attached("exec:vde_plug?framing=vde&vlan=10&network=blue"), {
      ...{ kind: "exec", network: "blue", portOptions: { vlan: 10 }, command: "vde_plug", framing: "vde" },
    });
  });
});

describe("a passt endpoint", () => {
  test("has options of passt's, and its network as path or option", () => {
    assert.deepEqual(attached("passt:/blue?mtu=1500&tcp-ports=2222:22+8080:80&dns=192.0.2.53"), {
      ...{ kind: "passt", network: "blue", portOptions: {}, mtu: 1_500 },
      settings: { "tcp-ports": "2222:22 8080:80", dns: "192.0.2.53" },
    });
    assert.equal(attached("passt:?network=blue").network, "blue");
  });

  test("is one of its network, of which there may be several", () => {
    const conflicts = (...texts: string[]) =>
      wireConflicts(texts.map(attached), {
        listen: [],
        networks: { names: ["a", "b"], fix: () => "" },
      });
    assert.equal(conflicts("passt:", "passt:/b").length, 0);
    assert.match(conflicts("passt:", "passt:/a")[0]!.message, /passt:\/a is attached by attach\[0\] already/);
  });
});

describe("what is wrong is named", () => {
  const wrong: [string, RegExp][] = [
    ["unixgram:///run/vm", /local says where its datagrams come to us/],
    ["unixgram:///run/vm?local=ours", /local 'ours' is no path/],
    [`unixgram:///run/vm?local=/${"x".repeat(107)}`, /is no path of at most 107 bytes/],
    ["unixgram:///", /no path/],
    ["udp://h?local=127.0.0.1:1", /no port/],
    ["udp://h:1", /local says where its datagrams come to us/],
    ["udp://h:1?local=h:1", /local 'h:1' is no IP address with a port/],
    ["udp://h:1?local=127.0.0.1:0", /is no IP address with a port/],
    ["udp://h:1/blue?local=127.0.0.1:1", /a path means nothing here/],
    ["vde:///", /no path/],
    ["vde://run/vde", /starts with a slash: write three of them/],
    [`vde:///${"x".repeat(83)}`, /the folder's path has at most 83 bytes/],
    ["vde:///run/vde?port=256", /port '256' is not a whole number up to 255/],
    ["vde:///run/vde?mode=0660", /'mode' is for listeners/],
    ["exec:", /no command/],
    ["exec://host", /no command/],
    ["exec:%00", /no.*zero byte/],
    ["exec:x?framing=slip", /framing is 'slip', not record or vde/],
    ["exec:x#y", /no user, password or fragment/],
    ["exec:100%", /percent sign/],
    ["stdio:x", /nothing comes behind the colon/],
    ["passt:?mtu=575", /mtu '575' is not a whole number from 576 to 65520/],
    ["passt:?tcp-ports=22+--debug", /nothing that passt would understand/],
    ["passt:?socket=/x", /unknown option 'socket'/],
  ];
  for (const [text, message] of wrong)
    test(`in '${text.slice(0, 40)}'`, () =>
      assert.throws(() => attached(text), { code: "bad-endpoint", message }));

  test("two listeners at one path", () => {
    const listen = ["vde:///run/v", "vde:///run/v?mode=0600"].map((text) => parseEndpoint(text, "listen"));
    const [conflict] = listenerConflicts({ listen, networks: null, insecure: false });
    assert.match(conflict!.message, /vde:\/\/\/run\/v is taken by listen\[0\] already/);
  });
});

test("generated: any text is read or refused by name, and what is read is written and read as the same", () => {
  const kind = fc.constantFrom("unixgram:///", "vde:///", "exec:", "stdio:", "passt:", "udp://h:1");
  const part = fc.oneof(
    fc.constantFrom("/", "//", "?", "&", "=", "%", "#", "..", " ", "+", "\0", "\n", "ä", "'", "run", "%3F"),
    fc.constantFrom(
      "local=/x",
      "local=[::1]:2",
      "framing=vde",
      "port=3",
      "mtu=1500",
      "tcp-ports=22",
      "vlan=10",
      "mode=0660",
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.tuple(kind, fc.array(part, { maxLength: 8 }));
  check(
    fc.property(text, ([begin, parts]) => {
      let endpoint: EndpointIn<"attach">;
      try {
        endpoint = attached(`${begin}${parts.join("")}`);
      } catch (error) {
        assert.ok(error instanceof TapswitchError && error.code === "bad-endpoint", `${error}`);
        return;
      }
      assert.deepEqual(attached(writeEndpoint(endpoint)), endpoint);
    }),
  );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { tellGrant } from "../../src/session/grant.js";
import { formatMessage, type Message, NAME_PATTERN, parseMessage } from "../../src/session/messages.js";
import { altered } from "../support/altered.js";
import { check } from "../support/generated.js";
import { hello } from "../support/peers.js";
import { isHello } from "../support/plain-rules.js";

const INSTANCE = "0123456789abcdef";

function parse(content: unknown): ReturnType<typeof parseMessage> {
  return parseMessage(JSON.stringify(content));
}

function whyOf(content: unknown): string {
  const parsed = parse(content);
  assert.equal(parsed.type, "invalid", JSON.stringify(parsed));
  return (parsed as { why: string }).why;
}

describe("reading a message", () => {
  test("reads a hello with all that it can say", () => {
    const full = {
      type: "hello",
      version: 1,
      instance: INSTANCE,
      network: "blue",
      name: "host-1",
      capabilities: { offload: ["csum", "tso4"] },
      mtu: 9_000,
      mac: "02:00:00:00:00:01",
    };
    assert.deepEqual(parse(full), full);
  });

  test("reads a hello with the least that it must say", () => {
    const least = { type: "hello", version: 1, instance: INSTANCE, capabilities: {} };
    assert.deepEqual(parse(least), { ...least, capabilities: { offload: [] } });
  });

  test("ignores fields that it does not know, at every depth", () => {
    const more = {
      ...hello({ instance: INSTANCE }),
      colour: "red",
      capabilities: { offload: [], ipv9: true },
    };
    assert.deepEqual(parse(more), hello({ instance: INSTANCE }));
  });

  test("says of a type that it does not know only that", () => {
    assert.deepEqual(parse({ type: "sing", song: 1 }), { type: "unknown" });
  });

  for (const type of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    test(`is not led astray by the type '${type}'`, () => {
      assert.deepEqual(parse({ type }), { type: "unknown" });
    });
  }

  for (const text of ["", "{", "nonsense", "\0", '{"type":"ping"', "[".repeat(16_000)]) {
    test(`says that ${JSON.stringify(text.slice(0, 20))} is not JSON`, () => {
      assert.deepEqual(parseMessage(text), { type: "invalid", why: "it is not JSON" });
    });
  }

  for (const content of [null, 1, "hello", [], ["hello"], {}, { type: 7 }, { type: null }]) {
    test(`says that ${JSON.stringify(content)} has no type`, () => {
      assert.equal(whyOf(content), "it has no type");
    });
  }

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["no version", { version: undefined }, /^hello\.version: /],
    ["a version in words", { version: "1" }, /^hello\.version: /],
    ["a version between two", { version: 1.5 }, /^hello\.version: /],
    ["no instance", { instance: undefined }, /^hello\.instance: /],
    ["a short instance", { instance: "abc" }, /^hello\.instance: /],
    ["a long instance", { instance: "a".repeat(65) }, /^hello\.instance: /],
    ["a network with a blank", { network: "a b" }, /^hello\.network: /],
    ["a network with a line feed at its end", { network: "blue\n" }, /^hello\.network: /],
    ["a name that is too long", { name: "n".repeat(64) }, /^hello\.name: /],
    ["an empty name", { name: "" }, /^hello\.name: /],
    ["a name with a slash", { name: "../x" }, /^hello\.name: /],
    ["an MTU below IPv4's least", { mtu: 67 }, /^hello\.mtu: /],
    ["an MTU above any frame", { mtu: 70_000 }, /^hello\.mtu: /],
    ["an MTU in words", { mtu: "1500" }, /^hello\.mtu: /],
    ["a MAC in capitals", { mac: "02:00:00:00:00:0A" }, /^hello\.mac: /],
    ["a MAC with a tail", { mac: "02:00:00:00:00:01:02" }, /^hello\.mac: /],
    ["no capabilities", { capabilities: undefined }, /^hello\.capabilities: /],
    [
      "too many offloads",
      { capabilities: { offload: Array(33).fill("csum") } },
      /^hello\.capabilities\.offload: /,
    ],
    ["an offload that is no name", { capabilities: { offload: [1] } }, /^hello\.capabilities\.offload\.0: /],
  ];
  for (const [what, fields, why] of wrong) {
    test(`refuses a hello with ${what}, and names the field`, () => {
      assert.match(whyOf(hello(fields)), why);
    });
  }

  test("takes a hello of another version whatever else it holds, so that the versions can be named", () => {
    const parsed = parse({ type: "hello", version: 2, identity: { key: "..." } });
    assert.equal(parsed.type, "other-version");
    assert.equal((parsed as { version: number }).version, 2);
  });

  test("refuses a pong without a time", () => {
    assert.match(whyOf({ type: "pong" }), /^pong\.time: /);
  });

  test("refuses a time that is no number once it is read", () => {
    assert.equal(parseMessage('{"type":"ping","time":1e999}').type, "invalid");
  });

  test("leaves nothing in a sentence that could move a terminal's cursor or begin a new line", () => {
    const message = "gone\r\n\u001b[2J12:00 joined\u009b\u2028";
    const bye = parse({ type: "bye", code: "x", message }) as { message: string };
    assert.doesNotMatch(bye.message, /[\p{Cc}\u2028\u2029]/u);
    assert.match(bye.message, /^gone/);
    const refuse = parse({ type: "refuse", code: "x", message }) as { message: string };
    assert.doesNotMatch(refuse.message, /\p{Cc}/u);
    const welcome = parse({ ...WELCOME, warnings: [message] }) as { warnings: string[] };
    assert.doesNotMatch(welcome.warnings[0]!, /\p{Cc}/u);
  });

  test("bounds what a server may say", () => {
    assert.match(whyOf({ ...WELCOME, warnings: Array(17).fill("x") }), /^welcome\.warnings: /);
    assert.match(whyOf({ ...WELCOME, keepaliveMs: 1 }), /^welcome\.keepaliveMs: /);
    assert.match(whyOf({ type: "refuse", code: "x", message: "x".repeat(1_001) }), /^refuse\.message: /);
  });
});

const WELCOME = {
  type: "welcome",
  version: 1,
  network: "default",
  port: 1,
  name: "host",
  mtu: 1_500,
  keepaliveMs: 10_000,
  capabilities: { offload: [] },
  warnings: [],
};

test("a name is safe in a URL, a log line and a metric label", () => {
  for (const good of ["a", "A1", "web.example", "a-b_c", "0", "n".repeat(63)])
    assert.match(good, NAME_PATTERN);
  for (const bad of ["", "-a", ".a", "a b", "a/b", "a\n", 'a"', "ä", "n".repeat(64), "a?b", "a#"])
    assert.doesNotMatch(bad, NAME_PATTERN);
});

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const offload = fc.array(fc.string({ maxLength: 16 }), { maxLength: 32 });
const octet = fc.nat(255).map((value) => value.toString(16).padStart(2, "0"));
const anyHello = fc.record(
  {
    type: fc.constant("hello" as const),
    version: fc.constant(1),
    instance: fc.string({ minLength: 16, maxLength: 64 }),
    network: name,
    name,
    capabilities: fc.record({ offload }, { noNullPrototype: true }),
    mtu: fc.integer({ min: 68, max: 69_632 }),
    mac: fc.array(octet, { minLength: 6, maxLength: 6 }).map((octets) => octets.join(":")),
    code: fc.string({ maxLength: 64 }),
  },
  { requiredKeys: ["type", "version", "instance", "capabilities"], noNullPrototype: true },
);

test("generated: a hello that is written is read as it was", () => {
  check(
    fc.property(anyHello, (said) => {
      assert.deepEqual(parseMessage(formatMessage(said)), said);
    }),
  );
});

test("generated: a hello that is altered in one place is taken only where it keeps every rule", () => {
  const counts = { taken: 0, refused: 0 };
  check(
    fc.property(altered(anyHello), (said) => {
      const text = JSON.stringify(said);
      const taken = parseMessage(text).type === "hello";
      assert.equal(taken, isHello(JSON.parse(text)), text);
      counts[taken ? "taken" : "refused"]++;
    }),
  );
  const least = (counts.taken + counts.refused) / 10;
  assert.ok(counts.taken > least && counts.refused > least, JSON.stringify(counts));
});

test("generated: any text is read as something, and nothing is thrown", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.json({ maxDepth: 4 }),
    // Close to a message: right type, anything else wrong.
    fc
      .tuple(
        fc.constantFrom("hello", "welcome", "refuse", "ping", "pong", "bye", "sing"),
        fc.dictionary(
          fc.constantFrom(
            "version",
            "instance",
            "network",
            "name",
            "mtu",
            "mac",
            "time",
            "code",
            "message",
            "port",
          ),
          fc.jsonValue({ maxDepth: 2 }),
        ),
      )
      .map(([type, fields]) => JSON.stringify({ type, ...fields })),
    // A good hello with one character changed.
    fc.tuple(anyHello, fc.nat(300), fc.string({ minLength: 1, maxLength: 1 })).map(([said, at, put]) => {
      const good = formatMessage(said);
      return good.slice(0, at) + put + good.slice(at + 1);
    }),
  );
  check(
    fc.property(text, (said) => {
      const parsed = parseMessage(said);
      assert.equal(typeof parsed.type, "string");
      if (parsed.type === "invalid") assert.ok(parsed.why.length < 300, parsed.why);
    }),
  );
});

describe("what a welcome says of the grant", () => {
  const told = (grant: unknown): unknown =>
    (parse({ ...WELCOME, grant }) as { readonly grant?: unknown }).grant;

  test("is read, with what may be left away", () => {
    assert.deepEqual(told({}), { macs: [], ips: [] });
    const all = {
      vlan: 7,
      macs: ["02:00:00:00:00:01"],
      ips: ["10.0.0.0/8", "fd00::1"],
      macLimit: 2,
      rate: 8_000,
    };
    assert.deepEqual(told({ ...all, colour: "red" }), all);
  });

  test("is nothing where an older server says none, or one of another kind says it otherwise", () => {
    for (const grant of [undefined, null, "all", { vlan: 0 }, { macs: ["\u001b[2J"] }, { ips: "any" }])
      assert.equal(told(grant), undefined);
  });

  test("fits into a message, however much is granted", () => {
    const macs = Array.from({ length: 256 }, () => "02:00:00:00:00:01");
    const ips = Array.from({ length: 256 }, () => "2001:0db8:1111:2222:3333:4444:5555:6666/128");
    const grant = tellGrant({ network: "default", macs, ips, sessions: 1, vlan: 7, rate: 1e9 }, 4_096);
    assert.equal(grant.macLimit, 4_096);
    assert.ok(formatMessage({ ...WELCOME, grant } as Message).length < 16_384);
    assert.deepEqual(told(grant), grant);
  });
});

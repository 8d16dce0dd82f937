import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigFile } from "../../src/config/config-file.js";
import type { Layers } from "../../src/config/config-kind.js";
import { JOIN } from "../../src/config/join-config.js";
import { optionsOf } from "../../src/config/options.js";
import { networkSettings, SERVE } from "../../src/config/serve-config.js";
import { settle } from "../../src/config/settle.js";
import { createCode } from "../../src/session/invite-code.js";

const CODE = createCode().code;
const INVITE = `tapswitch://192.0.2.1:9621/default?pin=5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY&code=${CODE}`;

function file(content: string, mode?: number): ConfigFile {
  return new ConfigFile("t.yaml", content, mode);
}

function serveProblems(content: string, layers: Omit<Layers, "file"> = {}): string[] {
  try {
    settle(SERVE, { ...layers, file: file(content) });
    return [];
  } catch (error) {
    assert.equal((error as { code?: string }).code, "usage");
    return (error as Error).message.split("\n");
  }
}

describe("a value comes from the place nearest to the person", () => {
  const environment = { TAPSWITCH_MTU: "1400", TAPSWITCH_AGE: "50", TAPSWITCH_MAX_PORTS: "" };
  const { config, values } = settle(SERVE, {
    flags: { mtu: "1300" },
    environment,
    file: file("serve:\n  mtu: 9000\n  age: 60\n  keepalive: 2000\n"),
  });
  const source = (option: string): string | undefined =>
    values.find((value) => value.option === option)?.source;

  test("flag, environment, file, default", () => {
    assert.deepEqual([config.mtu, config.age, config.keepalive, config.macLimit], [1300, 50, 2000, 4096]);
  });

  test("and it is known which", () => {
    assert.deepEqual(["mtu", "age", "keepalive", "macLimit"].map(source), [
      "flag",
      "environment",
      "file",
      "default",
    ]);
  });

  test("an empty variable says nothing", () => {
    assert.equal(config.maxPorts, 1024);
    assert.equal(source("maxPorts"), "default");
  });

  test("every option has a value, as people would write it", () => {
    assert.deepEqual(
      values.map(({ option }) => option),
      Object.keys(SERVE.options.shape),
    );
    assert.deepEqual(values.find(({ option }) => option === "listen")?.value, ["tls://[::]:9621"]);
    assert.equal(values.find(({ option }) => option === "state")?.value, null);
  });
});

test("a variable may hold a list, and yes or no", () => {
  const environment = {
    TAPSWITCH_LISTEN: "tcp://127.0.0.1:1 unix:///s",
    TAPSWITCH_FORWARD_RESERVED: "lldp,lacp",
    TAPSWITCH_INSECURE: "yes",
  };
  const { config } = settle(SERVE, { environment });
  assert.equal(config.listen.length, 2);
  assert.deepEqual(config.forwardReserved, ["lldp", "lacp"]);
  assert.equal(config.insecure, true);
});

test("a section may be empty", () => {
  assert.deepEqual(settle(SERVE, { file: file("serve:\n") }).config, settle(SERVE, {}).config);
});

describe("networks", () => {
  test("with settings of their own need not be named, and are the only ones then", () => {
    const { config, values } = settle(SERVE, {
      file: file("serve:\n  networks:\n    blue: {mtu: 9000}\n    red:\n"),
    });
    assert.deepEqual(config.network, ["blue", "red"]);
    const named = values.find(({ option }) => option === "network");
    assert.deepEqual(named, { option: "network", value: ["blue", "red"], source: "file" });
    const own = (name: string) => {
      const { mtu, macLimit, age, keepalive } = networkSettings(config, name);
      return { mtu, macLimit, age, keepalive };
    };
    const rest = { macLimit: 4096, age: 300, keepalive: config.keepalive };
    assert.deepEqual(own("blue"), { ...rest, mtu: 9000 });
    assert.deepEqual(own("red"), { ...rest, mtu: 1500 });
  });

  test("come behind those that are named", () => {
    const { config } = settle(SERVE, {
      flags: { network: ["one"] },
      file: file("serve: {networks: {blue: }}"),
    });
    assert.deepEqual(config.network, ["one", "blue"]);
  });

  test("have their own setting even where a flag names one for all", () => {
    const { config } = settle(SERVE, {
      flags: { mtu: 1300 },
      file: file("serve: {networks: {blue: {mtu: 9000}}}"),
    });
    assert.equal(networkSettings(config, "blue").mtu, 9000);
  });
});

describe("settings of ports", () => {
  test("are those of all networks, and behind them those of one", () => {
    const { config } = settle(SERVE, {
      file: file(
        "serve:\n  ports: {'*': {vlan: 10}, up: {trunk: '1,2-4,5'}}\n  networks: {blue: {ports: {'*': {isolated: yes}}}}\n",
      ),
    });
    const [all, blue] = ["default", "blue"].map((name) => networkSettings(config, name).ports);
    assert.deepEqual(all, { "*": { vlan: 10 }, up: { trunk: "1-5" } });
    assert.deepEqual(Object.entries(blue!), [
      ["up", { trunk: "1-5" }],
      ["*", { isolated: true }],
    ]);
  });
});

describe("what is wrong is said where it stands", () => {
  const wrong: [string, string, RegExp][] = [
    ["a value", "serve:\n  mtu: big\n", /^t\.yaml:2:8: serve\.mtu 'big': a whole number from 68 to 69618$/],
    ["an entry", "serve:\n  listen:\n    - udp://x\n", /^t\.yaml:3:7: serve\.listen\[0\]: endpoint 'udp:/],
    [
      "a key",
      "serve:\n  max-ports: 3\n",
      /^t\.yaml:2:3: serve\.max-ports: there is no such option: did you mean maxPorts\?$/,
    ],
    [
      "a key inside",
      "serve:\n  networks:\n    b: {maclimit: 3}\n",
      /^t\.yaml:3:9: serve\.networks\.b\.maclimit: .* did you mean macLimit\?$/,
    ],
    [
      "a key that is like no other",
      "serve:\n  colour: 3\n",
      /^t\.yaml:2:3: serve\.colour: .*known are listen, attach,/,
    ],
    ["a port's name", "serve:\n  ports: {a: {name: b}}\n", /serve\.ports\.a\.name: there is no such option/],
    ["a pattern", "serve:\n  ports: {'a b': {vlan: 1}}\n", /serve\.ports\.a b: a port's name/],
    [
      "two kinds of ports",
      "serve:\n  ports: {a: {vlan: 1, trunk: 2}}\n",
      /serve\.ports\.a\.trunk.*: does not go with vlan/,
    ],
    ["a section", "server:\n  mtu: 1\n", /^t\.yaml:1:1: server: .* did you mean serve\?$/],
    ["a number for text", "serve:\n  group: 12\n", /^t\.yaml:2:10: serve\.group '12': text .* in quotes$/],
    ["text for a list", "serve:\n  network: a\n", /^t\.yaml:2:12: serve\.network 'a': a list is expected/],
    [
      "text for options",
      "serve:\n  networks:\n    a: b\n",
      /^t\.yaml:3:8: serve\.networks\.a 'b': options are/,
    ],
    ["a section that is none", "serve: 3\n", /^t\.yaml:1:8: serve: options are expected/],
    ["a bad name", "serve:\n  networks:\n    a b: \n", /^t\.yaml:3:\d+: serve\.networks\.a b: letters/],
    [
      "a name that no terminal should see",
      'serve:\n  "a\\e[2J\\n": 1\n',
      /^t\.yaml:2:3: serve\.a\ufffd\[2J\ufffd: there is no/,
    ],
    ["an empty file", "# nothing\n", /^t\.yaml:\d+:\d+: the file is empty/],
    ["bad YAML", "serve:\n  mtu: [1\n", /^t\.yaml:3:1: Flow sequence/],
    [
      "a key that stands twice",
      "serve:\n  mtu: 1400\n  mtu: 1500\n",
      /^t\.yaml:3:3: Map keys must be unique$/,
    ],
    ["an alias to nothing", "serve:\n  mtu: *x\n", /^t\.yaml:2:8: there is no &x before this$/],
    [
      "a network that a listener names",
      "serve:\n  listen:\n    - unix:///s?network=red\n",
      /^t\.yaml:3:7: serve\.listen\[0\]: .* names network 'red'/,
    ],
    [
      "a listener that strangers reach",
      "serve:\n  listen: ['tcp://0.0.0.0:1']\n",
      /^t\.yaml:2:12: serve\.listen\[0\]: .*--insecure/,
    ],
    [
      "a listener that stands twice",
      "serve:\n  listen: ['tcp://127.0.0.1:1', 'tls://[::]:1']\n",
      /^t\.yaml:2:33: serve\.listen\[1\]: .* is taken by listen\[0\] already/,
    ],
  ];
  for (const [what, content, expected] of wrong) {
    test(what, () => {
      const problems = serveProblems(content);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0]!, expected);
    });
  }

  test("all of it at once, in the order of the file", () => {
    const problems = serveProblems("serve:\n  mtu: x\n  colour: 1\n  age: 0\n");
    assert.deepEqual(
      problems.map((line) => line.split(":")[1]),
      ["2", "3", "4"],
    );
  });

  test("by flag or variable where it was given so", () => {
    const layers = { flags: { age: "x" }, environment: { TAPSWITCH_MTU: "x" } };
    const problems = serveProblems("serve:\n", layers).sort();
    assert.match(problems[0]!, /^--age 'x': a whole number/);
    assert.match(problems[1]!, /^TAPSWITCH_MTU 'x': a whole number/);
  });
});

describe("an invite in a file", () => {
  const content = `join:\n  server: ${INVITE}\n`;

  test("is taken from a file that only its owner or a group may read", () => {
    const { config, given } = settle(JOIN, { file: file(content, 0o640) });
    assert.equal(config.server.kind === "tls" && config.server.host, "192.0.2.1");
    assert.equal(given["server"], INVITE);
  });

  test("is refused in one that everyone may read", () => {
    assert.throws(
      () => settle(JOIN, { file: file(content, 0o644) }),
      /join\.server: an invite is a secret.*chmod o=/,
    );
  });

  test("is shown without its code by what lists the options", () => {
    const { values, config } = settle(JOIN, { file: file(content) });
    assert.ok(!JSON.stringify([values, config]).includes(CODE));
    assert.match(String(values[0]!.value), /^tls:\/\/192\.0\.2\.1:9621\/default\?pin=/);
  });

  for (const [what, text] of [
    ["a wrong pin", INVITE.replace("pin=5", "pin=")],
    ["another name for its code", INVITE.replace("code=", "cod=")],
    ["another scheme", INVITE.replace("tapswitch:", "tls:")],
  ] as const) {
    test(`with ${what} is not repeated by the error`, () => {
      assert.throws(
        () => settle(JOIN, { file: file(`join:\n  server: ${text}\n`) }),
        (error: Error) => /join\.server/.test(error.message) && !error.message.includes(CODE),
      );
    });
  }
});

test("every option of both commands is told about, and has a flag and a variable of its own unless in the file only", () => {
  for (const { options } of [SERVE, JOIN]) {
    const all = optionsOf(options);
    for (const { key, about, flag } of all) {
      assert.ok(about.description.length > 5, key);
      assert.equal(flag === null, about.given === "file", key);
    }
    const variables = all.flatMap(({ environment }) => environment ?? []);
    assert.equal(new Set(variables).size, variables.length);
    for (const name of variables) assert.match(name, /^TAPSWITCH_[A-Z_]+$/);
  }
});

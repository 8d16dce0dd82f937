import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigFile } from "../../src/config/config-file.js";
import { JOIN } from "../../src/config/join-config.js";
import { optionsOf } from "../../src/config/options.js";
import { configSchema } from "../../src/config/schema.js";
import { SERVE } from "../../src/config/serve-config.js";
import { examine } from "../../src/config/settle.js";

const ROOT = new URL("../../../", import.meta.url);
const EXAMPLE = readFileSync(new URL("examples/tapswitch.yaml", ROOT), "utf8");
/** By JSON, as an editor has it. */
const SCHEMA = JSON.parse(JSON.stringify(configSchema())) as Parameters<typeof z.fromJSONSchema>[0];

type Section = { properties: Record<string, { description?: string; default?: unknown }> };
const section = (name: string): Section =>
  (SCHEMA as unknown as { properties: Record<string, Section> }).properties[name]!;

function fits(text: string): boolean {
  return z.fromJSONSchema(SCHEMA).safeParse(parse(text)).success;
}

test("the schema in the package is that of the types", () => {
  const file = readFileSync(new URL("dist/tapswitch.schema.json", ROOT), "utf8");
  assert.deepEqual(JSON.parse(file), SCHEMA);
});

describe("the schema", () => {
  test("describes every option, with its default", () => {
    for (const { section: name, options } of [SERVE, JOIN]) {
      const { properties } = section(name);
      const all = optionsOf(options);
      assert.deepEqual(
        Object.keys(properties),
        all.map(({ key }) => key),
      );
      for (const { key, about, default: value } of all) {
        assert.ok(properties[key]!.description?.startsWith(about.description), key);
        if (about.otherwise === undefined) assert.deepEqual(properties[key]!.default, value, key);
      }
    }
  });

  const cases: [boolean, string][] = [
    [true, "serve: {mtu: 9000, insecure: yes, networks: {blue: {mtu: 1400}, red: }}"],
    [true, "serve:\njoin: {server: 'tls://h', carrierHold: never}"],
    [true, "join: {carrierHold: 0}"],
    [false, "serve: {mtu: 12}"],
    [false, "serve: {mtu: many}"],
    [false, "serve: {colour: red}"],
    [false, "serve: {networks: {blue: {colour: red}}}"],
    [false, "serve: {forwardReserved: [stp]}"],
    [false, "serve: {listen: tls://h}"],
    [false, "colour: red"],
    [false, "join: {logLevel: loud}"],
    [false, "join: {persist: perhaps}"],
  ];
  for (const [expected, text] of cases) {
    test(`${expected ? "takes" : "refuses"} ${text.replaceAll("\n", " ")}, as the parser does`, () => {
      assert.equal(fits(text), expected);
      const file = new ConfigFile("t.yaml", text);
      const elsewhere = file.section("join")["server"] === undefined ? { server: "tls://h" } : {};
      const problems = [
        ...examine(SERVE, { file }).problems,
        ...examine(JOIN, { file, flags: elsewhere }).problems,
      ];
      assert.equal(problems.length === 0, expected);
    });
  }
});

test("what the README shows fits the schema and the parser", () => {
  const readme = readFileSync(new URL("README.md", ROOT), "utf8");
  const shown = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
  assert.ok(shown.length > 0);
  for (const text of shown.filter((one) => /^(serve|join):/m.test(one))) {
    assert.ok(fits(text), text);
    const file = new ConfigFile("README.md", text);
    const flags = { server: "tls://h" };
    assert.deepEqual(examine(SERVE, { file }).problems, []);
    assert.deepEqual(examine(JOIN, { file, flags }).problems, []);
  }
});

describe("examples/tapswitch.yaml", () => {
  const file = new ConfigFile("tapswitch.yaml", EXAMPLE);

  test("fits the schema and the parser", () => {
    assert.ok(fits(EXAMPLE));
    for (const kind of [SERVE, JOIN]) assert.deepEqual(examine(kind as typeof SERVE, { file }).problems, []);
  });

  test("names its schema for editors", () => {
    assert.match(EXAMPLE, /^# yaml-language-server: \$schema=\.\.\/dist\/tapswitch\.schema\.json\n/);
  });

  test("says every option, those without a default as a comment", () => {
    for (const { section: name, options } of [SERVE, JOIN]) {
      const text = EXAMPLE.split(/^(?=\w+:$)/m).find((part) => part.startsWith(`${name}:`))!;
      for (const { key } of optionsOf(options)) assert.match(text, new RegExp(`^ {2}(# )?${key}:`, "m"), key);
    }
  });

  test("shows the real defaults", () => {
    const given = examine(SERVE, { file }).settled!.values;
    const none = examine(SERVE, {}).settled!.values;
    const value = (values: typeof given, key: string): unknown =>
      values.find(({ option }) => option === key)!.value;
    for (const { option } of given.filter(({ source }) => source === "file")) {
      const expected = option === "network" ? ["default"] : value(none, option);
      assert.deepEqual(value(given, option), expected, option);
    }
    const server = { server: "tls://switch.example.org:9621/default" };
    const joined = examine(JOIN, { file }).settled!.config;
    assert.deepEqual(joined, examine(JOIN, { flags: server }).settled!.config);
  });

  test("is right in what it only suggests, too", () => {
    const all = EXAMPLE.replaceAll(/^ {2}# (?=\w+: )/gm, "  ");
    const whole = new ConfigFile("tapswitch.yaml", all);
    for (const kind of [SERVE, JOIN]) {
      const { settled, problems } = examine(kind as typeof SERVE, { file: whole });
      assert.deepEqual(problems, []);
      const unsaid = settled!.values.filter(({ source }) => source === "default");
      assert.deepEqual(unsaid, []);
    }
  });
});

/** Files that people could write, and files that nobody would. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigFile } from "../../src/config/config-file.js";
import { type EndpointIn, parseEndpoint, writeEndpoint } from "../../src/config/endpoint/endpoint.js";
import { JOIN } from "../../src/config/join-config.js";
import { formatProblem, type Problem } from "../../src/config/problem.js";
import { SERVE } from "../../src/config/serve-config.js";
import { examine } from "../../src/config/settle.js";
import { check } from "../support/generated.js";

const EXAMPLE = readFileSync(new URL("../../../examples/tapswitch.yaml", import.meta.url), "utf8")
  .replaceAll(/^\s*#.*\n/gm, "")
  .replaceAll(/^\n/gm, "");

/** Either both sections are configurations, or everything that is wrong has a place within the text. */
function holds(text: string): void {
  const file = new ConfigFile("t.yaml", text);
  const lines = text.split(/\n/).length;
  for (const kind of [SERVE, JOIN]) {
    const { settled, problems } = examine(kind as typeof SERVE, { file });
    assert.equal(settled === null, problems.length > 0);
    for (const problem of problems) hasPlace(problem, lines);
  }
}

function hasPlace(problem: Problem, lines: number): void {
  const line = formatProblem(problem);
  // Of `server`, which is missing, there is no place.
  if (problem.at === null) {
    assert.match(line, /^server: no URL/);
    return;
  }
  assert.match(line, /^t\.yaml:[1-9]\d*:[1-9]\d*: ./);
  assert.ok(problem.at.line <= lines, `line ${problem.at.line} of ${lines}`);
}

const piece = fc.oneof(
  fc.constantFrom(
    "serve:",
    "join:",
    "mtu: ",
    "listen:",
    "\n  - ",
    "networks:",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "\n",
  ),
  fc.constantFrom(
    "&a ",
    "*a",
    "!!js ",
    "<<: ",
    "? ",
    "|\n",
    "---\n",
    "...\n",
    "'",
    '"',
    "\t",
    "\0",
    "__proto__",
  ),
  fc.constantFrom("constructor: ", "7: ", "null", "~", "yes", "1e9", "-1", ".inf", "0x10", "tls://[::]:9621"),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const edit = fc.tuple(fc.nat(EXAMPLE.length), fc.nat(12), fc.array(piece, { maxLength: 3 }));

test("the example without its comments is a configuration", () => {
  const { problems } = examine(SERVE, { file: new ConfigFile("t.yaml", EXAMPLE) });
  assert.deepEqual(problems, []);
});

test("generated changes of a file give a configuration, or places where it is wrong", () => {
  check(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = EXAMPLE;
      for (const [at, length, added] of edits)
        text = text.slice(0, at) + added.join("") + text.slice(at + length);
      holds(text);
    }),
  );
});

test("generated ends of a file, and text out of pieces, give the same", () => {
  const pieces = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(""));
  const cut = fc.nat(EXAMPLE.length).map((length) => EXAMPLE.slice(0, length));
  check(fc.property(fc.oneof(pieces, cut), holds));
});

test("a name that begins a line is wrong at its place, which is said on one line", () => {
  holds("\r<<: ");
});

test("text that is nested beyond all measure is wrong, not fatal", () => {
  for (const text of ["[".repeat(100_000), `serve: ${"{a: ".repeat(50_000)}`, "- ".repeat(100_000)])
    assert.ok(new ConfigFile("t.yaml", text).problems.length > 0);
});

test("a text that stands for a much longer one is refused", () => {
  const text = `a: &a [1,1,1,1,1,1,1,1,1,1]\n${"bcdefghij"
    .split("")
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefghi"[index]}`).join()}]`)
    .join("\n")}\n`;
  assert.match(new ConfigFile("t.yaml", text).problems.map(formatProblem).join(), /alias/i);
});

test("generated endpoints are written as they are read", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/);
  const path = fc.stringMatching(/^\/[ -~ä]{1,20}$/).filter((text) => text !== "/");
  const query = fc.record(
    {
      ...{ network: name, raw: fc.constantFrom("yes", "no"), group: name, name, fd: name },
      ...{ mode: fc.constantFrom("0660", "600"), vlan: fc.nat(4_095).map(String) },
      rate: fc
        .tuple(fc.nat(999_999_999), fc.nat(999), fc.constantFrom("", "k", "m", "g"))
        .map(([whole, part, unit]) => `${whole}.${part}${unit}bit`),
    },
    { requiredKeys: [] },
  );
  check(
    fc.property(path, query, (where, options) => {
      const search = new URLSearchParams(options as Record<string, string>).toString();
      const text = `unix://${where.split("/").map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
      let endpoint: EndpointIn<"listen">;
      try {
        endpoint = parseEndpoint(text, "listen");
      } catch {
        return;
      }
      assert.deepEqual(parseEndpoint(writeEndpoint(endpoint), "listen"), endpoint);
    }),
  );
  for (const [role, text] of [
    ["server", "tls://h:1/n?pin=5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY"],
    ["listen", "tls://[::1]:9621?ca=/a/b%20c.pem&crl=x&cert=%26&key=k&raw=yes"],
    ["listen", "tcp://127.0.0.1:0/net?raw=no"],
    ["attach", "tap:a%23b?bridge=br0&mtu=9000&network=blue"],
  ] as const) {
    const endpoint = parseEndpoint(text, role);
    assert.deepEqual(parseEndpoint(writeEndpoint(endpoint), role), endpoint, text);
  }
});

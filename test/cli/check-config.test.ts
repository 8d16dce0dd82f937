import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createIdentity } from "../../src/session/identity.js";
import { temporaryFolder } from "../support/server.js";
import { ROOT, start } from "./command.js";

async function checked(t: TestContext, content: string): Promise<{ status: unknown; lines: string[] }> {
  const path = join(temporaryFolder(t), "t.yaml");
  writeFileSync(path, content);
  const running = start(t, ["check-config", path]);
  const status = await running.end();
  assert.equal(running.stderr, "");
  return { status, lines: running.stdout.replaceAll(path, "t.yaml").trim().split("\n") };
}

describe("check-config", { concurrency: 4 }, () => {
  test("finds nothing wrong with the example", async (t) => {
    const running = start(t, ["check-config", "examples/tapswitch.yaml"]);
    assert.equal(await running.end(), 0);
    assert.equal(running.stdout, "examples/tapswitch.yaml: no problem found\n");
  });

  test("says each problem of both sections, in a line with its place, and ends with 1", async (t) => {
    const { status, lines } = await checked(t, "serve:\n  mtu: x\n  colour: 1\njoin:\n  ip: [1]\n");
    assert.equal(status, 1);
    assert.equal(lines.length, 3);
    for (const [index, line] of lines.entries())
      assert.match(line, new RegExp(`^t\\.yaml:${[2, 3, 5][index]}:\\d+: `));
  });

  test("does not miss a server, which may be given otherwise", async (t) => {
    assert.equal((await checked(t, "join:\n  ip: ['10.0.0.1/8']\n")).status, 0);
  });

  test("looks for files, folders, groups and users", async (t) => {
    const folder = temporaryFolder(t);
    const [cert, key] = [createIdentity(), createIdentity()];
    writeFileSync(join(folder, "cert.pem"), cert.certificate);
    writeFileSync(join(folder, "key.pem"), key.key);
    const { status, lines } = await checked(
      t,
      [
        "serve:",
        "  listen:",
        "    - tls://[::]:1?ca=/no/such.pem",
        `    - tls://[::]:2?cert=${folder}/cert.pem&key=${folder}/key.pem`,
        "    - unix:///no/such/folder/s.sock",
        "    - unix:///tmp/s.sock?group=no-such-group",
        "  group: no-such-group",
        "  control: /no/such/folder/c.sock",
        "join:",
        "  user: no-such-user",
      ].join("\n"),
    );
    assert.equal(status, 1);
    const expected = [
      /:3:7: serve\.listen\[0\]: cannot read '\/no\/such\.pem' \(ENOENT\)/,
      /:4:7: serve\.listen\[1\]: cannot use .*key/,
      /:5:7: serve\.listen\[2\]: the folder '\/no\/such\/folder' does not exist/,
      /:6:7: serve\.listen\[3\]: there is no group 'no-such-group'/,
      /:7:10: serve\.group: there is no group/,
      /:8:12: serve\.control: the folder/,
      /:10:9: join\.user: .*no-such-user/,
    ];
    assert.equal(lines.length, expected.length, lines.join("\n"));
    for (const [index, pattern] of expected.entries()) assert.match(lines[index]!, pattern);
  });

  test("a file that cannot be read is said in one line", async (t) => {
    const running = start(t, ["check-config", "/no/such.yaml"]);
    assert.equal(await running.end(), 2);
    assert.match(running.stderr, /^tapswitch: cannot read '\/no\/such\.yaml' \(ENOENT\): [^\n]*\n$/);
  });

  test("--schema prints the schema that the package has", async (t) => {
    const running = start(t, ["check-config", "--schema"]);
    assert.equal(await running.end(), 0);
    assert.equal(running.stdout, readFileSync(join(ROOT, "dist/tapswitch.schema.json"), "utf8"));
  });

  test("without a file it asks for one", async (t) => {
    assert.equal(await start(t, ["check-config"]).end(), 2);
  });
});

describe("--config", { concurrency: 4 }, () => {
  test("says all mistakes of the file, and starts nothing", async (t) => {
    const path = join(temporaryFolder(t), "t.yaml");
    writeFileSync(path, "serve:\n  mtu: x\n  colour: 1\n");
    const running = start(t, ["serve", "--config", path]);
    assert.equal(await running.end(), 2);
    const lines = running.stderr.trim().split("\n");
    assert.equal(lines.length, 2);
    for (const line of lines) assert.ok(line.startsWith(`tapswitch: ${path}:`), line);
  });

  test("refuses a file that does not speak of the command", async (t) => {
    const path = join(temporaryFolder(t), "t.yaml");
    writeFileSync(path, "join:\n  server: tls://h\n");
    const running = start(t, ["serve", "--config", path]);
    assert.equal(await running.end(), 2);
    assert.match(running.stderr, /says nothing about this command: give it a 'serve:' section/);
  });

  test("refuses an invite in a file that everyone may read, without showing it", async (t) => {
    const path = join(temporaryFolder(t), "t.yaml");
    const pin = "5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY";
    writeFileSync(
      path,
      `join:\n  server: tapswitch://192.0.2.1:1/n?pin=${pin}&code=0123456789012345678901\n`,
    );
    chmodSync(path, 0o644);
    const running = start(t, ["join", "--config", path]);
    assert.equal(await running.end(), 2);
    assert.match(running.stderr, /an invite is a secret/);
    assert.doesNotMatch(running.stderr, /0123456789/);
  });
});

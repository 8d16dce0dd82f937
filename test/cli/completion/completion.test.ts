/** Completion as the shells themselves do it, from the scripts that the program prints. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, type TestContext, test } from "node:test";
import { temporaryFolder } from "../../support/server.js";
import { BIN } from "../command.js";

/** Answers what can stand instead of the last word. */
type Shell = (script: string, words: readonly string[]) => string[];

function run(command: string, args: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout.split("\n").filter((line) => line !== "");
}

const BASH = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_tapswitch; printf '%s\\n' "\${COMPREPLY[@]}"`;

/** What zsh's completion system would be told. */
const ZSH = `compdef() { :; }
_describe() { [[ $1 == -o ]] && shift; local one; for one in "\${(@P)2}"; do print -r -- "\${one%%:*}"; done; }
compadd() { shift; print -rl -- "\${(@P)1}"; }
_files() { print -rl -- "\${words[CURRENT]}"*(N); }
source "$1"; shift; words=("$@"); CURRENT=$#; _tapswitch; true`;

const SHELLS: Record<string, Shell> = {
  bash: (script, words) => run("bash", ["-c", BASH, "bash", script, ...words]),
  zsh: (script, words) =>
    run("zsh", ["-f", "-c", ZSH, "zsh", script, ...words]).filter((one) => one.startsWith(words.at(-1)!)),
  fish: (script, words) =>
    run("fish", ["--no-config", "-c", `source ${script}; complete -C '${words.join(" ")}'`])
      .map((line) => line.split("\t")[0]!)
      .map((one) => one.replace(/\/$/, "")),
};

for (const [shell, complete] of Object.entries(SHELLS)) {
  const isThere = spawnSync(shell, ["--version"]).status === 0;
  const skip = !isThere && !process.env["CI"] ? `there is no ${shell}` : false;
  describe(`completion in ${shell}`, { skip }, () => {
    let text: string;
    before(() => {
      text = run(process.execPath, [BIN, "completion", shell]).join("\n");
    });
    /** What is offered, in order of the alphabet. */
    const offered = (t: TestContext, ...words: string[]): string[] => {
      const script = join(temporaryFolder(t), "script");
      writeFileSync(script, `${text}\n`);
      return complete(script, ["tapswitch", ...words]).sort();
    };

    test("offers commands, and the commands of a command", (t) => {
      assert.deepEqual(offered(t, "in"), ["invite", "invites"]);
      assert.deepEqual(offered(t, "fdb", ""), ["add", "del", "flush"]);
      const all = offered(t, "");
      for (const name of ["serve", "join", "status", "top", "completion"])
        assert.ok(all.includes(name), name);
    });

    test("offers the flags of the command at hand, and no others", (t) => {
      assert.deepEqual(offered(t, "events", "--f"), ["--follow"]);
      assert.deepEqual(offered(t, "ports", "--j"), ["--json", "--json-schema"]);
      assert.deepEqual(offered(t, "fdb", "--ma"), ["--mac"]);
      assert.deepEqual(offered(t, "fdb", "flush", "--ma"), []);
    });

    test("offers the words that a flag or an argument takes", (t) => {
      assert.deepEqual(offered(t, "top", "--sort", ""), ["drops", "frames", "in", "macs", "name", "out"]);
      assert.deepEqual(offered(t, "completion", "b"), ["bash"]);
      assert.deepEqual(offered(t, "log-level", "d"), ["debug"]);
      assert.deepEqual(offered(t, "help", "po"), ["ports"]);
    });

    test("offers files where a path is taken, and nothing where nobody can guess", (t) => {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, "one.sock"), "");
      assert.deepEqual(offered(t, "status", "--control", `${folder}/o`), [`${folder}/one.sock`]);
      assert.deepEqual(offered(t, "kick", "--network", "s"), []);
    });
  });
}

import { Command } from "commander";
import type { z } from "zod";
import { ConfigFile } from "../config/config-file.js";
import type { ConfigKind, Conflict } from "../config/config-kind.js";
import { JOIN } from "../config/join-config.js";
import { formatProblem, type Problem } from "../config/problem.js";
import { configSchema } from "../config/schema.js";
import { SERVE } from "../config/serve-config.js";
import { examine } from "../config/settle.js";
import { joinSurroundings, serveSurroundings } from "../daemon/surroundings.js";
import { TapswitchError } from "../errors.js";
import { ExitStatus } from "./exit-status.js";
import { harmless } from "./format/plain-text.js";

const EXAMPLES = `
Each problem is printed as FILE:LINE:COLUMN: OPTION: what is wrong. The exit status is 1 where there is one, else 0.

Examples:
  tapswitch check-config /etc/tapswitch/tapswitch.yaml
  tapswitch check-config --schema >tapswitch.schema.json
      for editors: begin the file with '# yaml-language-server: $schema=tapswitch.schema.json'`;

export function checkConfigCommand(): Command {
  return new Command("check-config")
    .description("say all that is wrong with a configuration file, without starting anything")
    .argument("[file]", "as --config takes it")
    .option("--schema", "print the JSON schema of such files")
    .addHelpText("after", EXAMPLES)
    .action((path: string | undefined, { schema }: { schema?: boolean }) => {
      if (schema) process.stdout.write(`${JSON.stringify(configSchema(), null, 2)}\n`);
      else check(path);
    });
}

function check(path: string | undefined): void {
  if (path === undefined) throw new TapswitchError("usage", "name the file to check, or give --schema");
  const file = ConfigFile.read(path);
  const problems = file.problems.length > 0 ? file.problems : problemsOf(file);
  const lines = problems.length === 0 ? [`${path}: no problem found`] : problems.map(formatProblem);
  process.stdout.write(lines.map((line) => `${harmless(line)}\n`).join(""));
  if (problems.length > 0) process.exitCode = ExitStatus.failure;
}

function problemsOf(file: ConfigFile): Problem[] {
  // The URL may be left to an argument.
  const elsewhere = file.section("join")["server"] === undefined ? { server: "tls://elsewhere" } : {};
  return [
    ...(file.has("serve") ? look(SERVE, file, serveSurroundings) : []),
    ...(file.has("join") ? look(JOIN, file, joinSurroundings, elsewhere) : []),
  ];
}

/** Problems of one section: with its options, and with what they need from this machine. */
function look<Options extends z.ZodObject, Config extends object>(
  kind: ConfigKind<Options, Config>,
  file: ConfigFile,
  surroundings: (sound: Partial<z.output<Options>>) => Conflict[],
  flags: Readonly<Record<string, unknown>> = {},
): Problem[] {
  const { problems, sound } = examine(kind, { file, flags });
  const missing = surroundings(sound).map(({ path, message }) =>
    file.problem([kind.section, ...path], message),
  );
  return [...problems, ...missing];
}

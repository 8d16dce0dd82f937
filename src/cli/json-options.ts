/** What commands with `--json` share: the schema of what they print, for who writes programs around them. */
import type { Command } from "commander";
import { z } from "zod";
import { print } from "./print.js";

export interface JsonOptions {
  readonly json?: boolean;
  readonly jsonSchema?: boolean;
}

/** What `--json` prints; some flags change it. */
export type Output<Options> = z.ZodType | ((options: Options) => z.ZodType);

/** Adds the flags, and runs the command unless only its schema was asked for. */
export function printing<Options extends JsonOptions>(
  command: Command,
  output: Output<Options>,
  run: (options: Options, args: readonly string[]) => void | Promise<void>,
): Command {
  // Who asks for the schema need not say what the command, or one of its own, would work on.
  command.on("option:json-schema", () => {
    for (const { registeredArguments } of [command, ...command.commands])
      for (const argument of registeredArguments) argument.required = false;
  });
  return command
    .option("--json", "print JSON, with exact numbers")
    .option("--json-schema", "print the JSON schema of what --json prints")
    .action(async function (this: Command) {
      const options = this.optsWithGlobals<Options>();
      if (options.jsonSchema) return printSchema(output instanceof z.ZodType ? output : output(options));
      await run(options, this.args);
    });
}

/** Fields are only ever added: a schema must not refuse those that it does not know. */
function printSchema(output: z.ZodType): void {
  const schema = z.toJSONSchema(output, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  print([JSON.stringify(schema, null, 2)]);
}

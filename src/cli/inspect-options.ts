/** What the commands that look inside share: finding the running process, and the schema of what --json prints. */
import type { Command } from "commander";
import { z } from "zod";
import { type ControlClient, connectControl } from "../control/control-client.js";
import { soleControlPath } from "../control/control-path.js";
import { TapswitchError } from "../errors.js";
import { print } from "./print.js";

export interface InspectOptions {
  readonly control?: string;
  readonly json?: boolean;
  readonly jsonSchema?: boolean;
}

/** Adds the shared flags, and runs the command unless only its schema was asked for. */
export function inspecting<Options extends InspectOptions>(
  command: Command,
  output: z.ZodType | ((options: Options) => z.ZodType),
  run: (client: ControlClient, options: Options, args: readonly string[]) => Promise<void>,
): Command {
  // Who asks for the schema need not say what the command, or one of its own, would work on.
  command.on("option:json-schema", () => {
    for (const { registeredArguments } of [command, ...command.commands])
      for (const argument of registeredArguments) argument.required = false;
  });
  return command
    .option("--control <path>", "control socket of the process to ask (default: the only one there is)")
    .option("--json", "print JSON, with exact numbers")
    .option("--json-schema", "print the JSON schema of what --json prints")
    .action(async function (this: Command) {
      const options = this.optsWithGlobals<Options>();
      if (options.jsonSchema) return printSchema(output instanceof z.ZodType ? output : output(options));
      await run(await findProcess(options.control), options, this.args);
    });
}

/** The running process. Throws `unreachable`, `no-permission`. */
export async function findProcess(control: string | undefined): Promise<ControlClient> {
  const path = control ?? (await soleControlPath());
  const client = path === null ? null : await connectControl(path);
  if (client !== null) return client;
  throw new TapswitchError(
    "unreachable",
    `nothing runs ${path === null ? "here" : `behind '${path}'`}: start 'tapswitch serve' or 'join', or name its socket with --control`,
  );
}

/** Fields are only ever added: a schema must not refuse those that it does not know. */
export function printSchema(output: z.ZodType): void {
  const schema = z.toJSONSchema(output, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  print([JSON.stringify(schema, null, 2)]);
}

/** The command line: one file per command; only here is anything printed or exited. */
import { Command, CommanderError } from "commander";
import { version } from "../daemon/version.js";
import { TapswitchError } from "../errors.js";
import { loadCommands } from "./commands.js";
import { ExitStatus, exitStatus } from "./exit-status.js";

const EXIT_HELP = `
Exit status:
  0  it did what was asked, or was stopped by SIGINT or SIGTERM
  1  it failed while running
  2  a flag, argument or URL is wrong
  3  a right, a device file or a tool is missing
  4  an address, path or device is in use
  5  the server refused for good (wrong version, unknown network, no member, spent invite)
  6  the server could not prove that it is the right one, or nothing says which one that is`;

/** Runs the command in `argv` and sets the process's exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const debug = argv.includes("--debug");
  // A reader such as `head` may leave early; neither a switch nor a demo with things to clean up ends for that.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.on("uncaughtException", (error) => process.exit(report(error, debug)));
  const program = new Command("tapswitch")
    .description("Puts machines and VMs on different hosts on one Ethernet segment.")
    .version(version)
    .option("--debug", "print stack traces")
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .addHelpText("after", EXIT_HELP)
    .exitOverride();
  try {
    for (const command of await loadCommands(argv[2])) program.addCommand(inheriting(command, program));
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, debug);
  }
}

/** A command that is made by itself knows nothing of the program's settings, nor do its own commands. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const one of command.commands) inheriting(one, command);
  if (command.commands.length === 0) return command;
  return command
    .allowExcessArguments()
    .hook("preAction", (_, acting) => (acting === command ? refuseWords(command) : undefined));
}

/** For a command that has commands and does something itself too, commander has no near names. */
function refuseWords(command: Command): void {
  if (command.args.length === 0) return;
  const bare = new Command(command.name()).copyInheritedSettings(command);
  for (const one of command.commands) bare.addCommand(one);
  bare.parse(command.args, { from: "user" });
}

/** Commander's words in our form: "error: unknown command 'srve'\n(Did you mean serve?)". */
function oneLine(text: string): string {
  const said = text.replace(/^error: /, "").trim();
  return `tapswitch: ${said.replaceAll(/\s*\n\s*/g, " ")} (--help shows what is possible)\n`;
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.ok : ExitStatus.usage;
  const known = error instanceof TapswitchError;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `tapswitch: ${known ? text.replaceAll("\n", "\ntapswitch: ") : `unexpected error: ${text} (--debug shows where)`}\n`,
  );
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return known ? exitStatus(error.code) : ExitStatus.failure;
}

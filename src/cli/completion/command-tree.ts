/**
 * What can be typed, read from the program itself, so that no completion goes stale: the commands, their flags, and
 * what a flag or an argument takes.
 */
import type { Argument, Command, Option } from "commander";

/** What stands behind a flag, or as an argument: one of some words, a path, or something that nobody can guess. */
export type Value =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "path" | "text" };

export interface Flag {
  /** "-n" and "--network", as far as it has them. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent: nothing stands behind it. */
  readonly value?: Value;
}

export interface CommandNode {
  /** The words that lead to it: "fdb", "add". None: the program. */
  readonly path: readonly string[];
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly commands: readonly CommandNode[];
  /** What its first argument can be. */
  readonly argument: Value;
}

const PATH = /path|file|dir/i;

export function commandTree(command: Command, path: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map((one) => commandTree(one, [...path, one.name()]));
  return {
    path,
    description: command.description(),
    flags: help.visibleOptions(command).map(flagOf),
    commands: commands.map((one) => (one.path.at(-1) === "help" ? withArgument(one, commands) : one)),
    argument: argumentOf(command.registeredArguments[0]),
  };
}

/** `help` takes the name of a command. */
function withArgument(help: CommandNode, commands: readonly CommandNode[]): CommandNode {
  return { ...help, argument: { kind: "words", words: commands.map(({ path }) => path.at(-1)!) } };
}

/** A command and all below it. */
export function everyNode(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(everyNode)];
}

/** "fdb add". */
export function pathOf({ path }: CommandNode): string {
  return path.join(" ");
}

/** What leads from the command above, as "fdb", to it: "fdb add"; " fdb" from the program. */
export function stepOf({ path }: CommandNode): string {
  return `${path.slice(0, -1).join(" ")} ${path.at(-1)}`;
}

export function wordsOf(value: Value): readonly string[] {
  return value.kind === "words" ? value.words : [];
}

function flagOf(option: Option): Flag {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const flag = { names, description: option.description };
  if (!option.required && !option.optional) return flag;
  return { ...flag, value: takenBy(option.argChoices, option.flags) };
}

function argumentOf(argument: Argument | undefined): Value {
  if (argument === undefined) return { kind: "words", words: [] };
  return takenBy(argument.argChoices, argument.name());
}

function takenBy(choices: readonly string[] | undefined, name: string): Value {
  if (choices !== undefined) return { kind: "words", words: choices };
  return { kind: PATH.test(name.replace(/^.*</, "")) ? "path" : "text" };
}

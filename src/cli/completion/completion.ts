import { Argument, Command } from "commander";
import { print } from "../print.js";
import { bashScript } from "./bash.js";
import { type CommandNode, commandTree } from "./command-tree.js";
import { fishScript } from "./fish.js";
import { zshScript } from "./zsh.js";

const SCRIPTS: Readonly<Record<string, (program: string, root: CommandNode) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const EXAMPLES = `
Examples:
  source <(tapswitch completion bash)
      for this shell; for every one: tapswitch completion bash > /etc/bash_completion.d/tapswitch
  source <(tapswitch completion zsh)
      behind compinit, in ~/.zshrc; or as _tapswitch in a folder of $fpath
  tapswitch completion fish > ~/.config/fish/completions/tapswitch.fish
      for every fish`;

export function completionCommand(): Command {
  return new Command("completion")
    .description("print the script by which a shell completes commands and flags")
    .addArgument(new Argument("<shell>", "whose script").choices(Object.keys(SCRIPTS)))
    .addHelpText("after", EXAMPLES)
    .action((shell: string, _: unknown, command: Command) => {
      const program = command.parent!;
      print([SCRIPTS[shell]!(program.name(), commandTree(program)).trimEnd()]);
    });
}

import { type CommandNode, everyNode, type Flag, pathOf, stepOf, wordsOf } from "./command-tree.js";

/** The script for zsh, to be sourced behind compinit, or to be put into a folder of $fpath as _tapswitch. */
export function zshScript(program: string, root: CommandNode): string {
  const nodes = everyNode(root);
  return `#compdef ${program}
# ${program}: completion for zsh. Load it by: source <(${program} completion zsh)
_${program}() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT - 1]} place= takes= at
  local -a flags commands values
  for ((at = 2; at < CURRENT; at++)); do
    case "$place \${words[at]}" in
${nodes.slice(1).map(step).join("\n")}
    esac
  done
  case $place in
${nodes.map(arm).join("\n")}
  esac
  case $takes in
    path) _files; return ;;
    text) return 1 ;;
  esac
  if [[ $cur == -* ]]; then _describe -o 'flag' flags; return; fi
  if (( \${#commands} )); then _describe 'command' commands; fi
  if (( \${#values} )); then compadd -a values; fi
}
if [[ \${funcstack[1]} == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function step(node: CommandNode): string {
  return `      '${stepOf(node)}') place='${pathOf(node)}' ;;`;
}

function arm(node: CommandNode): string {
  const flags = node.flags.flatMap(({ names, description }) =>
    names.map((name) => described(name, description)),
  );
  const commands = node.commands.map(({ path, description }) => described(path.at(-1)!, description));
  const takes = node.argument.kind === "path" ? `      if [[ $cur != -* ]]; then takes=path; fi\n` : "";
  const values = node.flags.filter(({ value }) => value !== undefined).map(flagArm);
  const cases = values.length === 0 ? "" : `      case $prev in\n${values.join("\n")}\n      esac\n`;
  return `    '${pathOf(node)}')
      flags=(${flags.join(" ")})
      commands=(${commands.join(" ")})
      values=(${wordsOf(node.argument).join(" ")})
${takes}${cases}      ;;`;
}

function flagArm({ names, value }: Flag): string {
  const words = wordsOf(value!).join(" ");
  const does = value!.kind === "words" ? `commands=() values=(${words})` : `takes=${value!.kind}`;
  return `        ${names.join("|")}) ${does} ;;`;
}

/** "name:description", quoted; a colon in the name would end it. */
function described(name: string, description: string): string {
  return `'${name.replaceAll(":", "\\:")}:${description.replaceAll("'", "'\\''")}'`;
}

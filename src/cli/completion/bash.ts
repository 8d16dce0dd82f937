import { type CommandNode, everyNode, type Flag, pathOf, stepOf, wordsOf } from "./command-tree.js";

/** The script for bash 4 and later; it needs no package besides. */
export function bashScript(program: string, root: CommandNode): string {
  const nodes = everyNode(root);
  return `# ${program}: completion for bash. Load it by: source <(${program} completion bash)
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} place= flags= words= takes= at
  # bash takes --flag=value for three words
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$place \${COMP_WORDS[at]}" in
${nodes.slice(1).map(step).join("\n")}
    esac
  done
  case $place in
${nodes.map(arm).join("\n")}
  esac
  case $takes in
    path)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    text) COMPREPLY=(); return ;;
  esac
  if [[ $cur == -* ]]; then words=$flags; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _${program} ${program}
`;
}

function step(node: CommandNode): string {
  return `      '${stepOf(node)}') place='${pathOf(node)}' ;;`;
}

function arm(node: CommandNode): string {
  const flags = node.flags.flatMap(({ names }) => names).join(" ");
  const words = [...node.commands.map(({ path }) => path.at(-1)!), ...wordsOf(node.argument)].join(" ");
  const takes = node.argument.kind === "path" ? `      if [[ $cur != -* ]]; then takes=path; fi\n` : "";
  const values = node.flags.filter(({ value }) => value !== undefined).map(flagArm);
  const cases = values.length === 0 ? "" : `      case $prev in\n${values.join("\n")}\n      esac\n`;
  return `    '${pathOf(node)}')\n      flags='${flags}' words='${words}'\n${takes}${cases}      ;;`;
}

function flagArm({ names, value }: Flag): string {
  const words = wordsOf(value!).join(" ");
  const does = value!.kind === "words" ? `flags='' words='${words}'` : `takes=${value!.kind}`;
  return `        ${names.join("|")}) ${does} ;;`;
}

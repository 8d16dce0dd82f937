import {
  type CommandNode,
  everyNode,
  type Flag,
  pathOf,
  stepOf,
  type Value,
  wordsOf,
} from "./command-tree.js";

/** The script for fish 3 and later. */
export function fishScript(program: string, root: CommandNode): string {
  const nodes = everyNode(root);
  return `# ${program}: completion for fish. Load it by: ${program} completion fish | source
function __${program}_at
    set -l place
    for word in (commandline -opc)[2..]
        switch "$place $word"
${nodes.slice(1).map(step).join("\n")}
        end
    end
    test "$place" = "$argv[1]"
end
complete -c ${program} -f
${nodes.flatMap((node) => linesOf(program, node)).join("\n")}
`;
}

function step(node: CommandNode): string {
  return `            case '${stepOf(node)}'\n                set place '${pathOf(node)}'`;
}

function linesOf(program: string, node: CommandNode): string[] {
  const here = `complete -c ${program} -n '__${program}_at "${pathOf(node)}"'`;
  const commands = node.commands.map(
    ({ path, description }) => `${here} -a ${path.at(-1)} -d ${quoted(description)}`,
  );
  const words = wordsOf(node.argument);
  return [
    ...commands,
    ...(words.length > 0 ? [`${here} -a ${quoted(words.join(" "))}`] : []),
    ...(node.argument.kind === "path" ? [`${here} -F`] : []),
    ...node.flags.map((flag) => `${here} ${flagText(flag)}`),
  ];
}

function flagText({ names, description, value }: Flag): string {
  const options = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const takes = value === undefined ? [] : [valueText(value)];
  return [...options, ...takes, `-d ${quoted(description)}`].join(" ");
}

function valueText(value: Value): string {
  if (value.kind === "path") return "-r -F";
  const words = wordsOf(value);
  return words.length === 0 ? "-x" : `-x -a ${quoted(words.join(" "))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

import { resolve } from "node:path";
import { Command } from "commander";
import { collect } from "../common.js";
import { print } from "../print.js";
import { extcapFolder, install, isInstalled, scriptPath, uninstall } from "./install.js";

const EXAMPLES = `
Examples:
  tapswitch extcap install
      Wireshark lists the networks and ports of this machine's tapswitch processes; restart it, or refresh (F5)
  tapswitch extcap install --socket /srv/lab/control.sock
      also those of a process whose control socket is in an unusual place
  tshark -D; tshark -i tapswitch:default:web
      all ports of this machine; a live capture of one
  tapswitch extcap uninstall

Who captures needs the right to open the control socket ('serve --group').`;

interface ExtcapOptions {
  readonly dir?: string;
  readonly socket?: string[];
}

export function extcapCommand(): Command {
  const command = new Command("extcap")
    .description("show networks and ports in Wireshark's list of interfaces")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option("--dir <folder>", "Wireshark's extcap folder (default: the one that tshark names)");
  add("install", "put a script into Wireshark's folder")
    .option("--socket <path>", "a control socket in an unusual place; repeatable", collect)
    .action(({ dir, socket = [] }: ExtcapOptions) => {
      const folder = dir ?? extcapFolder();
      install(
        folder,
        socket.map((path) => resolve(path)),
      );
      print([`installed ${scriptPath(folder)}`]);
    });
  add("uninstall", "take it away again").action(({ dir }: ExtcapOptions) => {
    const folder = dir ?? extcapFolder();
    const gone = uninstall(folder);
    print([gone ? `removed ${scriptPath(folder)}` : `there is none in ${folder}`]);
  });
  add("path", "say where it is").action(({ dir }: ExtcapOptions) => {
    const folder = dir ?? extcapFolder();
    print([`${scriptPath(folder)} (${isInstalled(folder) ? "installed" : "not installed"})`]);
  });
  return command;
}

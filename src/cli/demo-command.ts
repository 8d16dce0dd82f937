import { Command } from "commander";
import { onStop } from "./common.js";

export function demoCommand(): Command {
  return new Command("demo")
    .description("two hosts and a switch in network namespaces of this machine: see it work (as root)")
    .action(async () => {
      const { demo } = await import("./demo/demo.js");
      const stopping = new AbortController();
      onStop(() => stopping.abort());
      process.exitCode = await demo({
        signal: stopping.signal,
        print: (line: string) => process.stdout.write(`${line}\n`),
      });
    });
}

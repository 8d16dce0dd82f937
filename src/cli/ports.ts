import { Command } from "commander";
import { INSPECT_CALLS } from "../control/inspect-api.js";
import { inspecting } from "./inspect-options.js";
import { portsLines } from "./ports-lines.js";
import { type WatchOptions, watch, withWatch } from "./watch.js";

const EXAMPLES = `
Examples:
  tapswitch ports
      who is connected, how fast and since when
  tapswitch ports --network blue --watch
      one network, every two seconds
  tapswitch ports --json | jq '.[] | select(.drops.queue > 0) | .name'
      ports whose queue was full

IN is what a port sends into the switch, OUT what it gets.
A narrow terminal shows fewer columns; --json has all.`;

export function portsCommand(): Command {
  const command = new Command("ports")
    .description("list the ports, with rates, addresses and drops")
    .option("-n, --network <name>", "in this network only")
    .addHelpText("after", EXAMPLES);
  type Options = WatchOptions & { readonly network?: string };
  return inspecting(withWatch(command), INSPECT_CALLS.ports.output, (client, options: Options) =>
    watch(options, {
      ask: () => client.ports({ network: options.network }),
      lines: (samples, look) => portsLines(samples, Date.now(), look),
      hasRates: true,
    }),
  );
}

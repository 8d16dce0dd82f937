import { Command } from "commander";
import { GROUP_CALLS } from "../control/group-api.js";
import { groupsLines } from "./groups-lines.js";
import { inspecting } from "./inspect-options.js";
import { type WatchOptions, watch, withWatch } from "./watch.js";

const EXAMPLES = `
Examples:
  tapswitch groups
      which ports listen to which multicast group, and who asks them
  tapswitch groups --network tv --watch
      one network, every two seconds

A network looks after multicast when its configuration has 'multicast: {}'.`;

export function groupsCommand(): Command {
  const command = new Command("groups")
    .description("list the multicast groups and the ports that listen to them")
    .option("-n, --network <name>", "in this network only")
    .addHelpText("after", EXAMPLES);
  type Options = WatchOptions & { readonly network?: string };
  return inspecting(withWatch(command), GROUP_CALLS.groups.output, (client, options: Options) =>
    watch(options, {
      ask: () => client.groups({ network: options.network }),
      lines: ({ now }, look) => groupsLines(now.value, look),
      hasRates: false,
    }),
  );
}

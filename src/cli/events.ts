import { Command } from "commander";
import { z } from "zod";
import { parseConfig, whole } from "../config/fields.js";
import { type ControlClient, readLines } from "../control/control-client.js";
import { EVENT_TYPES, EVENTS, EventView } from "../control/inspect-api.js";
import { TapswitchError } from "../errors.js";
import { collectList } from "./common.js";
import { eventLine } from "./event-line.js";
import { lookOf } from "./format/look.js";
import { type InspectOptions, inspecting } from "./inspect-options.js";
import { print } from "./print.js";
import { endQuietly } from "./watch.js";

const EXAMPLES = `
Examples:
  tapswitch events
      the last 20 that are still known
  tapswitch events -f
      and then each as it happens, until Ctrl-C
  tapswitch events -f -n 0 --type port-up,port-down --network blue
      only who comes and goes in one network from now on
  tapswitch events -f --json | jq 'select(.type == "mac-moved") | .mac'
      a line of JSON for each`;

interface EventsOptions extends InspectOptions {
  readonly network?: string;
  readonly type?: string[];
  readonly lines: string;
  readonly follow?: boolean;
}

export function eventsCommand(): Command {
  const command = new Command("events")
    .description("show what happens: ports, addresses, drops, refusals, reloads")
    .option("-f, --follow", "wait for more")
    .option("-n, --lines <count>", "how many past ones to begin with", "20")
    .option("--network <name>", "in this network only")
    .option("--type <types>", `these only, as port-up,port-down: ${EVENT_TYPES.join(", ")}`, collectList)
    .addHelpText("after", EXAMPLES);
  return inspecting(command, EventView, (client, options: EventsOptions) => tell(client, options));
}

async function tell(client: ControlClient, options: EventsOptions): Promise<void> {
  const { network, type, follow = false, json } = options;
  const { lines } = parseConfig(z.object({ lines: whole(0, 1_000) }), { lines: options.lines });
  const types = parseConfig(z.object({ type: z.array(z.enum(EVENT_TYPES)).optional() }), { type }).type;
  const events = client.read(EVENTS, {
    network,
    type: types,
    last: lines,
    follow: follow ? "true" : "false",
  });
  endQuietly();
  const look = lookOf(process.stdout);
  for await (const event of readLines(events, EventView))
    print([json ? JSON.stringify(event) : eventLine(event, look)]);
  if (follow) throw new TapswitchError("unreachable", `the process behind '${client.path}' has ended`);
}

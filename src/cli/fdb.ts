import { Command } from "commander";
import { parseConfig } from "../config/fields.js";
import { FdbEntry, FdbFilter, INSPECT_CALLS } from "../control/inspect-api.js";
import { fdbLines, placeOf } from "./fdb-lines.js";
import { inspecting } from "./inspect-options.js";
import { show } from "./print.js";
import { type WatchOptions, watch, withWatch } from "./watch.js";

const EXAMPLES = `
Examples:
  tapswitch fdb
      every address, the port it lives behind and when it was last seen
  tapswitch fdb --port web --vlan 10
      what lives behind one port in one VLAN
  tapswitch fdb add 02:00:00:00:00:07 web
      an address that stays behind the port web and never ages
  tapswitch fdb flush --network blue
      forget what was learned; it is learned anew from the next frames`;

interface FdbOptions extends WatchOptions {
  readonly network?: string;
  readonly port?: string;
  readonly vlan?: string;
  readonly mac?: string;
}

export function fdbCommand(): Command {
  const command = new Command("fdb")
    .description("list the MAC addresses and the ports they live behind; change the list")
    .option("-p, --port <port>", "behind this port only: its name or number")
    .option("--mac <address>", "this address only")
    .addHelpText("after", EXAMPLES)
    .addCommand(addCommand())
    .addCommand(delCommand())
    .addCommand(flushCommand());
  return inspecting(
    withWatch(withPlace(command)),
    INSPECT_CALLS.fdb.output,
    (client, options: FdbOptions) => {
      const filter = parseConfig(FdbFilter, pick(options, "network", "port", "vlan", "mac"));
      return watch(options, {
        ask: () => client.fdb(filter),
        lines: ({ now }, look) => fdbLines(now.value, look),
        hasRates: false,
      });
    },
  );
}

function addCommand(): Command {
  const command = new Command("add")
    .description("put an address behind a port for good; it never ages and never moves")
    .argument("<mac>", "the address")
    .argument("<port>", "name or number of the port");
  return inspecting(withPlace(command), FdbEntry, async (client, options: FdbOptions, [mac, port]) => {
    const place = pick(options, "network", "vlan");
    const entry = await client.addStatic(parseConfig(INSPECT_CALLS.addStatic.input, { ...place, mac, port }));
    show(options.json, entry, () => [`${placeOf(entry)} stays there`]);
  });
}

function delCommand(): Command {
  const command = new Command("del")
    .description("take an address back that was put behind a port")
    .argument("<mac>", "the address");
  return inspecting(withPlace(command), FdbEntry, async (client, options: FdbOptions, [mac]) => {
    const place = pick(options, "network", "vlan");
    const entry = await client.removeStatic(parseConfig(INSPECT_CALLS.removeStatic.input, { ...place, mac }));
    show(options.json, entry, () => [`${placeOf(entry)} stays there no more`]);
  });
}

function flushCommand(): Command {
  const command = new Command("flush")
    .description("forget learned addresses; those that were put there stay")
    .option("-p, --port <port>", "behind this port only: its name or number");
  const { output, input } = INSPECT_CALLS.flush;
  return inspecting(withPlace(command), output, async (client, options: FdbOptions) => {
    const answer = await client.flush(parseConfig(input, pick(options, "network", "port", "vlan")));
    show(options.json, answer, () => [`forgot ${answer.forgotten} addresses`]);
  });
}

function withPlace(command: Command): Command {
  return command
    .option("-n, --network <name>", "in this network (default: all; to add or delete, the only one)")
    .option("--vlan <id>", "in this VLAN, 1 to 4094; 0 is untagged");
}

function pick(options: FdbOptions, ...names: (keyof FdbOptions)[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

/** `tapswitch leases`, `bindings` and `rules`: what the guards of a network know. */
import { Command } from "commander";
import { GUARD_CALLS } from "../control/guard-api.js";
import { bindingLines, leaseLines, ruleLines } from "./guard-lines.js";
import { inspecting } from "./inspect-options.js";
import { type WatchOptions, watch, withWatch } from "./watch.js";

type Options = WatchOptions & { readonly network?: string };

const LEASES = `
Examples:
  tapswitch leases
      which addresses the switch's own DHCP server has given, to whom and for how long
  tapswitch leases --network lab --json | jq '.[] | select(.state == "conflict")'
      addresses that somebody uses who did not get them from it`;

const BINDINGS = `
Examples:
  tapswitch bindings
      which port each IP address belongs to, as --dhcp-guard and --address-guard have it`;

const RULES = `
Examples:
  tapswitch rules --watch
      how many frames each rule of a port (acl) has decided about`;

export function leasesCommand(): Command {
  const command = inNetwork(new Command("leases"))
    .description("list the addresses that the built-in DHCP server has given")
    .addHelpText("after", LEASES);
  return inspecting(withWatch(command), GUARD_CALLS.leases.output, (client, options: Options) =>
    watch(options, {
      ask: () => client.leases({ network: options.network }),
      lines: ({ now }, look) => leaseLines(now.value, Date.now(), look),
      hasRates: false,
    }),
  );
}

export function bindingsCommand(): Command {
  const command = inNetwork(new Command("bindings"))
    .description("list which port each IP address belongs to, as the guards know it")
    .addHelpText("after", BINDINGS);
  return inspecting(withWatch(command), GUARD_CALLS.bindings.output, (client, options: Options) =>
    watch(options, {
      ask: () => client.bindings({ network: options.network }),
      lines: ({ now }, look) => bindingLines(now.value, Date.now(), look),
      hasRates: false,
    }),
  );
}

export function rulesCommand(): Command {
  const command = inNetwork(new Command("rules"))
    .description("list the rules of the ports, and how many frames each has decided about")
    .addHelpText("after", RULES);
  return inspecting(withWatch(command), GUARD_CALLS.rules.output, (client, options: Options) =>
    watch(options, {
      ask: () => client.rules({ network: options.network }),
      lines: ({ now }, look) => ruleLines(now.value, look),
      hasRates: false,
    }),
  );
}

function inNetwork(command: Command): Command {
  return command.option("-n, --network <name>", "in this network only");
}

import { Command } from "commander";
import { INSPECT_CALLS } from "../control/inspect-api.js";
import { harmless } from "./format/plain-text.js";
import { type InspectOptions, inspecting } from "./inspect-options.js";
import { show } from "./print.js";

const EXAMPLES = `
Examples:
  tapswitch kick web
      its connection ends; it may come back ('tapswitch revoke' keeps a member out)
  tapswitch kick 7 --network blue --reason 'moving to another switch'
      port number 7, which is told why`;

interface KickOptions extends InspectOptions {
  readonly network?: string;
  readonly reason?: string;
}

export function kickCommand(): Command {
  const command = new Command("kick")
    .description("end a port's connection")
    .argument("<port>", "name or number of the port")
    .option("-n, --network <name>", "in this network only")
    .option("--reason <text>", "what the other end is told")
    .addHelpText("after", EXAMPLES);
  return inspecting(command, INSPECT_CALLS.kick.output, async (client, options: KickOptions, [port]) => {
    const { network, reason } = options;
    const answer = await client.kick({ network, reason, port: port! });
    const lines = answer.kicked.map(
      ({ name, id, network: where, peer }) => `ended ${name} (port ${id} in ${where}, ${peer ?? "down"})`,
    );
    show(options.json, answer, () => lines.map(harmless));
  });
}

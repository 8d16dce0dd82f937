/** `tapswitch wires`, `attach` and `detach`: what a process connects by itself, looked at and changed while it runs. */
import { Command } from "commander";
import { WIRE_CALLS, type WireView } from "../control/wire-api.js";
import { harmless } from "./format/plain-text.js";
import { type InspectOptions, inspecting } from "./inspect-options.js";
import { show } from "./print.js";
import { wireLines } from "./wire-lines.js";

const WIRES_EXAMPLES = `
Examples:
  tapswitch wires
      what is attached, whether it is up, and why it was lost last
  tapswitch wires --json | jq '.[] | select(.state != "up") | .url'
      what is not there now`;

const ATTACH_EXAMPLES = `
Examples:
  tapswitch attach 'unix:///run/vm1.sock?name=vm1&vlan=10'
      a QEMU that listens there (server=on), or will
  tapswitch attach tap:tap1?bridge=br0
      a TAP device, as a port of that bridge

It is tried again whenever it is lost, until 'tapswitch detach' or the end of the process: what shall
outlive that belongs into --attach or the configuration.`;

const DETACH_EXAMPLES = `
Examples:
  tapswitch detach vm1
      by the name or number of its port
  tapswitch detach unix:///run/vm1.sock
      by its URL, without options

A wire of the configuration comes back with the next reload or start.`;

export function wiresCommand(): Command {
  const command = new Command("wires")
    .description("list the attached wires, and how it stands with them")
    .addHelpText("after", WIRES_EXAMPLES);
  return inspecting(command, WIRE_CALLS.wires.output, async (client, { json }: InspectOptions) => {
    const wires = await client.wires({});
    show(json, wires, (look) => wireLines(wires, Date.now(), look));
  });
}

export function attachCommand(): Command {
  const command = new Command("attach")
    .description("attach a wire to a port")
    .argument("<url>", "the wire, as unix:///run/vm1.sock")
    .addHelpText("after", ATTACH_EXAMPLES);
  return inspecting(command, WIRE_CALLS.attach.output, async (client, { json }: InspectOptions, [url]) => {
    const wire = await client.attach({ url: url! });
    show(json, wire, () => [harmless(outcome(wire))]);
  });
}

export function detachCommand(): Command {
  const command = new Command("detach")
    .description("take an attached wire away, with its port")
    .argument("<wire>", "its URL, or name or number of its port")
    .option("-n, --network <name>", "in this network only")
    .addHelpText("after", DETACH_EXAMPLES);
  type Options = InspectOptions & { readonly network?: string };
  return inspecting(command, WIRE_CALLS.detach.output, async (client, options: Options, [wanted]) => {
    const { network, json } = options;
    const wire = await client.detach({ wire: wanted!, ...(network === undefined ? {} : { network }) });
    show(json, wire, () => [harmless(`detached ${wire.url} (port ${wire.portName} in ${wire.network})`)]);
  });
}

function outcome({ url, network, port, portName, state, lastError }: WireView): string {
  const place = `port ${port} (${portName}) in ${network}`;
  if (state === "up") return `attached ${url} to ${place}`;
  return `${place} waits for ${url}: ${lastError ?? "no answer yet"}; it is tried again`;
}

import { randomUUID } from "node:crypto";
import { constants, setPriority } from "node:os";
import { Command } from "commander";
import { parseConfig } from "../../config/fields.js";
import { CaptureRefused, readCapture } from "../../control/capture/capture-source.js";
import { CAPTURE } from "../../control/capture-api.js";
import { type ControlClient, failure, queryOf, unreachable } from "../../control/control-client.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import { CaptureCounter, type CaptureCounts } from "../../frame/pcapng-reader.js";
import { collect, onStop } from "../common.js";
import { controlOption, findProcess } from "../find-process.js";
import { formatCount } from "../format/quantities.js";
import { openOutput } from "./output.js";

const EXAMPLES = `
Examples:
  tapswitch capture
      a line for each frame, where it comes in, until Ctrl-C
  tapswitch capture -w lan.pcapng --filter 'arp or icmp'
      into a file for Wireshark; Ctrl-C ends it properly
  tapswitch capture --port web --drops | tshark -r -
      both directions of one port, and the frames that were dropped, with the reason as comment
  tapswitch capture --network blue | wireshark -k -i -
      live in Wireshark; 'tapswitch extcap install' puts the ports into its list of interfaces
  tapswitch capture --count 100 --snaplen 128 --split -w -  > first.pcapng
      the first 100 frames, 128 bytes of each; large segments as the frames that they become

The filter is written as for tcpdump: host, net, port, portrange, ether, vlan, arp, ip, ip6, tcp, udp, icmp, icmp6,
broadcast, multicast, and, or, not. It looks behind VLAN tags: 'tcp port 80' finds tagged frames too.
What cannot be read fast enough is left out of the capture, never out of the traffic, and counted at its end.`;

interface CaptureOptions {
  readonly control?: string;
  readonly network?: string;
  readonly port?: string[];
  readonly filter?: string;
  readonly direction?: "in" | "out" | "both";
  readonly count?: string;
  readonly snaplen?: string;
  readonly drops?: boolean;
  readonly split?: boolean;
  readonly write?: string;
}

export function captureCommand(): Command {
  return new Command("capture")
    .description("show frames, or write them to a file for Wireshark")
    .option("-n, --network <name>", "in this network only")
    .option(
      "-p, --port <port>",
      "of this port, by name or number, also if it comes later; repeatable",
      collect,
    )
    .option(
      "-f, --filter <expression>",
      "these frames only, as tcpdump has it: 'tcp port 80 and host 10.0.0.1'",
    )
    .option(
      "-d, --direction <which>",
      "frames that come 'in', go 'out', or 'both' (default: in; with --port both)",
    )
    .option("-c, --count <packets>", "end after so many")
    .option("-s, --snaplen <bytes>", "keep so many bytes of each")
    .option("--drops", "also frames that are dropped, with the reason")
    .option("--split", "show large segments as the frames that they become")
    .option(
      "-w, --write <file>",
      "write pcapng to this file; - is standard output (default where that is no terminal)",
    )
    .addOption(controlOption())
    .addHelpText("after", EXAMPLES)
    .action(capture);
}

async function capture(options: CaptureOptions): Promise<void> {
  const { control, write, drops, split, ...rest } = options;
  const query = { ...rest, ...flag("drops", drops), ...flag("split", split) };
  parseConfig(CAPTURE.input, query);
  const client = await findProcess(control);
  await noteAbsent(client, options);
  const id = randomUUID();
  let failed: Error | undefined;
  const stop = (): void => void client.stopCapture({ id }).catch(() => process.exit());
  const output = openOutput(write, process.stdout, (error) => {
    if (errnoOf(error) !== "EPIPE") failed = error;
    stop();
  });
  giveWay();
  onStop(stop);
  const counter = new CaptureCounter();
  const take = (bytes: Buffer): Promise<void> | undefined => {
    counter.add(bytes);
    return output.write(bytes);
  };
  try {
    await readCapture({ path: client.path, query: queryOf({ ...query, id }), take });
  } catch (error) {
    throw error instanceof TapswitchError ? error : refusal(client.path, error as Error);
  } finally {
    await output.end();
  }
  if (failed !== undefined) throw new TapswitchError("system", `cannot write the capture: ${failed.message}`);
  if (!counter.isComplete) throw cutOff(client.path);
  process.stderr.write(`${summary(counter.counts)}\n`);
}

function refusal(path: string, error: Error): TapswitchError {
  if (error instanceof CaptureRefused) return error.message === "" ? cutOff(path) : failure(error.message);
  return "syscall" in error && error.syscall === "connect" ? unreachable(path, error) : cutOff(path);
}

function cutOff(path: string): TapswitchError {
  return new TapswitchError("unreachable", `the process behind '${path}' has ended, and cut the capture off`);
}

/** In a query, what is not said is not there. */
function flag(name: string, value: boolean | undefined): Record<string, string> {
  return value ? { [name]: "true" } : {};
}

/** Ports may come later, but a name may also be mistyped. */
async function noteAbsent(client: ControlClient, { network, port = [] }: CaptureOptions): Promise<void> {
  if (port.length === 0) return;
  const present = await client.ports({ network });
  const absent = port.filter(
    (wanted) => !present.some(({ name, id }) => name === wanted || String(id) === wanted),
  );
  if (absent.length > 0)
    process.stderr.write(`tapswitch: no port ${absent.join(", ")} yet: waiting for it\n`);
}

/** Where there is too little processor time for both, the traffic goes first. */
function giveWay(): void {
  setPriority(constants.priority.PRIORITY_LOW);
}

function summary({ packets, dropped, ports }: CaptureCounts): string {
  const lost = dropped === 0 ? "" : `, ${formatCount(dropped)} left out because they came too fast`;
  return `${formatCount(packets)} packets of ${ports} ports${lost}`;
}

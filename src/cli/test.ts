import { Command } from "commander";
import { parseConfig } from "../config/fields.js";
import { type ControlClient, readLines } from "../control/control-client.js";
import { PROBE, ProbeLine, ProbeResult } from "../control/probe-api.js";
import { type ErrorCode, TapswitchError } from "../errors.js";
import { onStop } from "./common.js";
import { ExitStatus } from "./exit-status.js";
import { type InspectOptions, inspecting } from "./inspect-options.js";
import { show } from "./print.js";
import { progressLine, resultLines } from "./test-lines.js";

const EXAMPLES = `
Examples:
  tapswitch test web
      from this host to the member 'web': round trips, then 5 seconds each way
  tapswitch test 10.10.0.2 --seconds 1 --json | jq .up.bitsPerSecond
      to whoever has that address, for a script
  tapswitch test 02:00:5e:10:00:01 --size 1514
      in frames as long as those of a host without offload

Both ends are 'tapswitch join' of this version or a later one; the far one answers unless it was started with
--no-test-responder. The frames go through the tunnel and the switch, not through the devices and kernels of the hosts.`;

interface TestOptions extends InspectOptions {
  readonly seconds: string;
  readonly size?: string;
}

export function testCommand(): Command {
  const command = new Command("test")
    .description("measure latency and throughput to another member, through the tunnel")
    .argument("<target>", "its name, or the MAC or IP address of its device")
    .option("--seconds <count>", "how long to send each way, 0.1 to 60", "5")
    .option("--size <bytes>", "bytes of each frame (default: as long as both ends take)")
    .addHelpText("after", EXAMPLES);
  return inspecting(command, ProbeResult, (client, options: TestOptions, [target]) =>
    run(client, options, target!),
  );
}

async function run(client: ControlClient, options: TestOptions, target: string): Promise<void> {
  const { seconds, size, json } = options;
  const query = { target, seconds, ...(size === undefined ? {} : { size }) };
  parseConfig(PROBE.input, query);
  onStop(() => {
    clearBar();
    process.exit(ExitStatus.ok);
  });
  for await (const line of readLines(client.read(PROBE, query), ProbeLine)) {
    if (line.type === "progress") {
      showBar(progressLine(line));
      continue;
    }
    clearBar();
    if (line.type === "failed") throw new TapswitchError(line.code as ErrorCode, line.message);
    return show(json, line, (look) => resultLines(line, look));
  }
  clearBar();
  throw new TapswitchError("unreachable", `the process behind '${client.path}' has ended`);
}

/** On a terminal only: what is piped holds the result alone. */
function showBar(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`);
}

function clearBar(): void {
  showBar("");
}

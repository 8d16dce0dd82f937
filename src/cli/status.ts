import { Command } from "commander";
import type { z } from "zod";
import { INSPECT_CALLS, StatusView } from "../control/inspect-api.js";
import { configLines } from "./config-lines.js";
import { inspecting } from "./inspect-options.js";
import { statusLines } from "./status-lines.js";
import { type WatchOptions, watch, withWatch } from "./watch.js";

const EXAMPLES = `
Examples:
  tapswitch status
      what runs here, its networks, listeners, uplinks and devices, and what is weak about it
  tapswitch status --watch 1
      the same, every second
  tapswitch status --json | jq '.networks[] | {name, ports}'
      for programs; --json-schema says which fields there are

IN and OUT are rates now: what ports send into the switch, and what they get.`;

interface StatusOptions extends WatchOptions {
  readonly config?: boolean;
}

export function statusCommand(): Command {
  const command = new Command("status")
    .description("show what runs here: networks, listeners, uplinks, devices")
    .option("--config", "show each option instead, its value and where that comes from")
    .addHelpText("after", EXAMPLES);
  const output = ({ config }: StatusOptions): z.ZodType =>
    config ? INSPECT_CALLS.config.output : StatusView;
  return inspecting(withWatch(command), output, (client, options: StatusOptions) =>
    options.config
      ? watch(options, {
          ask: () => client.config({}),
          lines: ({ now }, look) => configLines(now.value, look),
          hasRates: false,
        })
      : watch(options, { ask: () => client.status({}), lines: statusLines, hasRates: true }),
  );
}

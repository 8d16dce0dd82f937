import { Command } from "commander";
import { INSPECT_CALLS } from "../control/inspect-api.js";
import { harmless } from "./format/plain-text.js";
import { type InspectOptions, inspecting } from "./inspect-options.js";
import { show } from "./print.js";

export function reloadCommand(): Command {
  const command = new Command("reload").description(
    "read configuration, certificates and revocation lists again; what did not change runs on",
  );
  return inspecting(command, INSPECT_CALLS.reload.output, async (client, { json }: InspectOptions) => {
    const report = await client.reload({});
    const lines = [
      ...report.applied.map((what) => `applied ${what}`),
      ...report.restart.map((what) => `needs a restart: ${what}`),
    ];
    show(json, report, () => (lines.length === 0 ? ["nothing has changed"] : lines.map(harmless)));
  });
}

import { Argument, Command } from "commander";
import { z } from "zod";
import { LOG_LEVELS } from "../config/log-options.js";
import { type InspectOptions, inspecting } from "./inspect-options.js";
import { show } from "./print.js";

const Output = z.object({ level: z.string() });

export function logLevelCommand(): Command {
  const command = new Command("log-level")
    .description("show the least important line that is logged, or set it until the next restart")
    .addArgument(new Argument("[level]", "the new level").choices([...LOG_LEVELS]));
  return inspecting(command, Output, async (client, { json }: InspectOptions, [given]) => {
    const level = LOG_LEVELS.find((one) => one === given) ?? (await client.status({})).logLevel;
    if (given !== undefined) await client.setLogLevel({ level: z.enum(LOG_LEVELS).parse(given) });
    show(json, { level }, () => [level]);
  });
}

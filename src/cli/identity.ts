import { Command } from "commander";
import { ACCESS_CALLS } from "../control/access-api.js";
import { loadIdentity, renewIdentity } from "../state/identity-file.js";
import { openStateFolder } from "../state/state-folder.js";
import { stateOption } from "./find-process.js";
import { type JsonOptions, printing } from "./json-options.js";
import { show } from "./print.js";

interface IdentityOptions extends JsonOptions {
  readonly state?: string;
  readonly renew?: boolean;
}

export function identityCommand(): Command {
  const command = new Command("identity")
    .description("print the fingerprint of this host's key, making one if there is none")
    .addOption(stateOption("the state folder"))
    .option(
      "--renew",
      "make a new certificate for the same key; 'serve' and 'join' use it from their next start",
    );
  return printing(command, ACCESS_CALLS.identity.output, ({ state, renew, json }: IdentityOptions) => {
    const folder = openStateFolder(state || undefined);
    const { fingerprint } = renew ? renewIdentity(folder) : loadIdentity(folder);
    show(json, { fingerprint }, () => [fingerprint]);
  });
}

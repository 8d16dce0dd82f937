import { Command } from "commander";
import { loadIdentity, renewIdentity } from "../state/identity-file.js";
import { openStateFolder } from "../state/state-folder.js";
import { show } from "./print.js";

interface IdentityOptions {
  readonly state?: string;
  readonly renew?: boolean;
  readonly json?: boolean;
}

export function identityCommand(): Command {
  return new Command("identity")
    .description("print the fingerprint of this host's key, making one if there is none")
    .option("--state <dir>", "the state folder (default: /var/lib/tapswitch for root)")
    .option(
      "--renew",
      "make a new certificate for the same key; 'serve' and 'join' use it from their next start",
    )
    .option("--json", "print JSON")
    .action(({ state, renew, json }: IdentityOptions) => {
      const folder = openStateFolder(state);
      const { fingerprint } = renew ? renewIdentity(folder) : loadIdentity(folder);
      show(json, { fingerprint }, () => [fingerprint]);
    });
}

import { Command } from "commander";
import { ACCESS_CALLS, type MemberView } from "../control/access-api.js";
import { type AccessOptions, aboutAccess, withAccess } from "./access-options.js";
import type { Look } from "./format/look.js";
import { table } from "./format/table.js";
import { show } from "./print.js";

const COLUMNS = ["NAME", "FINGERPRINT", "NETWORK", "LAST SEEN", "CONNECTED FROM"].map((heading) => ({
  heading,
}));

export function membersCommand(): Command {
  const command = new Command("members").description("list who may join, and who is connected from where");
  return aboutAccess(command, ACCESS_CALLS.members.output, async (options: AccessOptions) => {
    const members = await withAccess(options, (desk) => desk.members({}));
    // Fingerprints are there to be copied: nothing is cut.
    const whole = (look: Look): Look => ({ ...look, width: Number.POSITIVE_INFINITY });
    show(options.json, members, (look) => table(COLUMNS, members.map(row), whole(look)));
  });
}

export function revokeCommand(): Command {
  const command = new Command("revoke")
    .description("end a membership: its sessions end at once, and it is let in no more")
    .argument("<member>", "name or fingerprint, as 'tapswitch members' lists them")
    .option("-n, --network <name>", "in this network only");
  type Options = AccessOptions & { readonly network?: string };
  return aboutAccess(command, ACCESS_CALLS.revoke.output, async (options: Options, [who]) => {
    const { network } = options;
    const question = network === undefined ? { who: who! } : { who: who!, network };
    const { members, sessionsEnded } = await withAccess(options, (desk) => desk.revoke(question));
    const lines = members.map((one) => `revoked ${one.name} (${one.id}) in ${one.network}`);
    show(options.json, { members, sessionsEnded }, () => [...lines, `${sessionsEnded} sessions ended`]);
  });
}

function row({ name, id, network, lastSeen, lastFrom, connected }: MemberView): string[] {
  const from =
    connected.length > 0 ? connected.join(", ") : lastFrom === undefined ? "-" : `(was ${lastFrom})`;
  return [name, id, network, connected.length > 0 ? "now" : (lastSeen ?? "never"), from];
}

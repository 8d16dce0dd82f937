import { Command } from "commander";
import type { z } from "zod";
import { ACCESS_CALLS, type InviteView } from "../control/access-api.js";
import { type AccessOptions, aboutAccess, withAccess } from "./access-options.js";
import { table } from "./format/table.js";
import { show } from "./print.js";

const COLUMNS = ["ID", "NETWORK", "NAME", "STATE", "USED", "EXPIRES"].map((heading) => ({ heading }));

export function invitesCommand(): Command {
  const command = new Command("invites")
    .description("list the invites; never with their codes, which are not kept")
    .option("--cancel <id>", "take one back");
  type Options = AccessOptions & { readonly cancel?: string };
  const output = ({ cancel }: Options): z.ZodType =>
    (cancel === undefined ? ACCESS_CALLS.invites : ACCESS_CALLS.cancel).output;
  return aboutAccess(command, output, async (options: Options) => {
    const { cancel, json } = options;
    if (cancel === undefined) {
      const invites = await withAccess(options, (desk) => desk.invites({}));
      return show(json, invites, (look) => table(COLUMNS, invites.map(row), look));
    }
    const gone = await withAccess(options, (desk) => desk.cancel({ id: cancel }));
    show(json, gone, () => [`cancelled invite ${gone.id}`]);
  });
}

function row({ id, grant, state, usedBy, uses, expiresAt }: InviteView): string[] {
  return [id, grant.network, grant.name ?? "-", state, `${usedBy.length}/${uses}`, expiresAt];
}

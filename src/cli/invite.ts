import { Command } from "commander";
import { parseConfig } from "../config/fields.js";
import { parseDuration, parseRate } from "../config/units.js";
import { ACCESS_CALLS, InviteRequest } from "../control/access-api.js";
import { formatMac, parseMac } from "../frame/mac.js";
import { type AccessOptions, aboutAccess, withAccess } from "./access-options.js";
import { collect } from "./common.js";
import { show } from "./print.js";

const EXAMPLES = `
Examples:
  tapswitch invite
      one line for one new host, valid for a day: run it there as 'tapswitch join LINE'
  tapswitch invite --network blue --name printer --mac 02:00:00:00:00:07 --ip 10.10.0.7
      a member that can speak for one address only
  tapswitch invite --uses 20 --expires 2h | ssh host 'tapswitch join - --ip 10.10.0.1/24'
      standard input keeps the secret out of the process list

The line is a secret until it is used. An --ip range is written as 10.10.0.0/28 or fd00:7::/64.`;

interface InviteOptions extends AccessOptions {
  readonly network: string;
  readonly name?: string;
  readonly expires: string;
  readonly uses: string;
  readonly vlan?: string;
  readonly mac?: string[];
  readonly ip?: string[];
  readonly macLimit?: string;
  readonly rate?: string;
  readonly sessions?: string;
  readonly advertise?: string;
}

export function inviteCommand(): Command {
  const command = new Command("invite")
    .description("let a new host in: prints the one URL that it needs")
    .option("-n, --network <name>", "network that it joins", "default")
    .option("--name <name>", "name of the member (default: what the host calls itself)")
    .option("--expires <time>", "how long the URL can be used: 90s, 30m, 24h, 7d", "24h")
    .option("--uses <count>", "how many hosts may use it", "1")
    .option("--vlan <number>", "its frames are untagged and live in this VLAN of the network")
    .option("--mac <address>", "the only source MAC it may use; repeatable", collect)
    .option("--ip <cidr>", "the only source address it may use, in ARP, IPv4 and IPv6; repeatable", collect)
    .option("--mac-limit <count>", "most MACs at once behind it")
    .option("--rate <rate>", "most it may send: 500kbit, 100mbit, 1gbit")
    .option("--sessions <count>", "processes of the member that may be connected at once (default: 1)")
    .option("--advertise <host:port>", "address of the server that goes into the URL")
    .addHelpText("after", EXAMPLES);
  return aboutAccess(command, ACCESS_CALLS.invite.output, invite);
}

async function invite(options: InviteOptions): Promise<void> {
  const request = readRequest(options);
  const made = await withAccess(options, (desk) => desk.invite(request));
  show(options.json, made, () => [made.url]);
}

function readRequest(options: InviteOptions): InviteRequest {
  const { network, name, vlan, mac, ip, macLimit, rate, sessions, expires, uses, advertise } = options;
  const grant = {
    network,
    name,
    vlan: number(vlan),
    macs: (mac ?? []).map((text) => formatMac(parseMac(text))),
    ips: ip ?? [],
    macLimit: number(macLimit),
    rate: rate === undefined ? undefined : parseRate(rate),
    sessions: number(sessions),
  };
  return parseConfig(InviteRequest, {
    grant: defined(grant),
    expiresMs: parseDuration(expires),
    uses: Number(uses),
    ...defined({ advertise }),
  });
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

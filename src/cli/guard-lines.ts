/** What `tapswitch leases`, `bindings` and `rules` say to people. */
import type { BindingView, LeaseView, RuleView } from "../control/guard-api.js";
import { NONE } from "./format/cells.js";
import type { Look } from "./format/look.js";
import { formatDuration } from "./format/quantities.js";
import { table } from "./format/table.js";

const LEASE_COLUMNS = ["NETWORK", "ADDRESS", "MAC", "PORT", "HOST", "STATE", "LEFT"];
const BINDING_COLUMNS = ["NETWORK", "VLAN", "ADDRESS", "MAC", "PORT", "FROM", "LEFT"];

/** `now` in ms since 1970. */
export function leaseLines(leases: readonly LeaseView[], now: number, look: Look): string[] {
  const rows = sorted(leases).map(({ network, address, mac, port, hostName, state, expires }) => [
    ...[network, address, mac, port, hostName || NONE, state],
    left(expires, now),
  ]);
  return table(columns(LEASE_COLUMNS), rows, look);
}

/** `now` in ms since 1970. */
export function bindingLines(bindings: readonly BindingView[], now: number, look: Look): string[] {
  const rows = sorted(bindings).map(({ network, vlan, address, mac, port, origin, expires }) => [
    ...[network, vlan === 0 ? NONE : String(vlan), address, mac, port],
    ...[origin === "dhcp" ? "DHCP" : "first use", left(expires, now)],
  ]);
  return table(columns(BINDING_COLUMNS), rows, look);
}

/** In the order in which a port's frames meet them. */
export function ruleLines(rules: readonly RuleView[], look: Look): string[] {
  const all = [
    { heading: "NETWORK" },
    { heading: "PORT" },
    { heading: "FRAMES", align: "right" as const },
    { heading: "RULE" },
  ];
  const rows = rules.map(({ network, port, hits, rule }) => [network, port, String(hits), rule]);
  return table(all, rows, look);
}

function columns(headings: readonly string[]) {
  return headings.map((heading) => (heading === "LEFT" ? { heading, align: "right" as const } : { heading }));
}

/** By network and address, numbers in their order. */
function sorted<View extends { readonly network: string; readonly address: string }>(
  views: readonly View[],
): View[] {
  const inOrder = new Intl.Collator("en", { numeric: true });
  const keyOf = ({ network, address }: View): string => `${network} ${address}`;
  return [...views].sort((one, other) => inOrder.compare(keyOf(one), keyOf(other)));
}

function left(expires: string, now: number): string {
  const ms = Date.parse(expires) - now;
  return ms > 0 ? formatDuration(ms) : NONE;
}

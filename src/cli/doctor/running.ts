/** What the tapswitch processes of this host have to say for themselves, and what to do about it. */
import { connectControl } from "../../control/control-client.js";
import { findControls } from "../../control/control-path.js";
import type { PortView, StatusView } from "../../control/inspect-api.js";
import { TapswitchError } from "../../errors.js";
import { STEP_MS, within } from "./limit.js";
import { type Finding, fail, pass, skip, type Verdict, warn } from "./verdict.js";

export type Running =
  | { readonly path: string; readonly status: StatusView; readonly ports: readonly PortView[] }
  | { readonly path: string; readonly why: string };

/** Drops that say something is wrong; the others are how a switch works. */
const TELLING = ["queue", "malformed", "oversize", "security", "loop"] as const;

/** Asks all of them, or the one behind `control`. */
export async function readRunning(control: string | undefined): Promise<Running[]> {
  const paths =
    control === undefined
      ? (await findControls()).filter(({ answer }) => answer !== "nobody").map(({ path }) => path)
      : [control];
  return Promise.all(paths.map(ask));
}

async function ask(path: string): Promise<Running> {
  try {
    const client = await within(STEP_MS, connectControl(path));
    if (client === null) return { path, why: `nothing runs behind '${path}'` };
    const [status, ports] = await within(STEP_MS, Promise.all([client.status({}), client.ports({})]));
    return { path, status, ports };
  } catch (error) {
    if (error instanceof TapswitchError) return { path, why: error.message };
    throw error;
  }
}

export function runningFindings(all: readonly Running[]): Finding[] {
  const judged = all.flatMap((one) => ("why" in one ? [skip(one.why)] : judge(one)));
  return judged.map((verdict) => ({ about: "running", check: "process", ...verdict }));
}

function judge({
  status,
  ports,
}: {
  readonly status: StatusView;
  readonly ports: readonly PortView[];
}): Verdict[] {
  const who = `'${status.role}' (process ${status.pid})`;
  const found = status.role === "join" ? uplinks(who, status) : doors(who, status);
  const dropped = drops(who, ports);
  return dropped === null ? found : [...found, dropped];
}

function uplinks(who: string, { uplinks, devices, listeners }: StatusView): Verdict[] {
  const ports = [
    ...devices.map(({ name, mtu }) => `${name} (MTU ${mtu})`),
    ...listeners.map(({ url }) => `all who come by ${url}`),
  ];
  return uplinks.map(({ server, state, lastError, network }) => {
    if (state === "up")
      return pass(
        `${who} is joined to ${server}, network ${network}, ${ports.length === 0 ? "without a port of its own" : `as ${ports.join(", ")}`}`,
      );
    return fail(
      `${who} is not joined to ${server}: ${lastError ?? "still at its first try"}`,
      `tapswitch doctor ${server}`,
    );
  });
}

function doors(who: string, { turnedAway, connections, listeners }: StatusView): Verdict[] {
  const exposed = listeners.filter(({ exposed }) => exposed).map(({ url }) => url);
  return [
    pass(`${who} listens on ${listeners.map(({ url }) => url).join(", ")}, ${connections} connections`),
    ...(turnedAway === 0
      ? []
      : [warn(`${who} has turned ${turnedAway} connections away`, "raise --max-ports")]),
    ...(exposed.length === 0
      ? []
      : [warn(`${who} is open to strangers at ${exposed.join(", ")}`, "listen on tls://, or on 127.0.0.1")]),
  ];
}

function drops(who: string, ports: readonly PortView[]): Verdict | null {
  const lost = ports.flatMap(({ name, drops }) =>
    Object.entries(drops).flatMap(([reason, count]) =>
      count > 0 && (TELLING as readonly string[]).includes(reason) ? [`${name} ${reason} ${count}`] : [],
    ),
  );
  if (lost.length === 0) return null;
  const shown = `${lost.slice(0, 5).join(", ")}${lost.length > 5 ? ` and ${lost.length - 5} more` : ""}`;
  return warn(
    `${who} has dropped frames: ${shown}`,
    "tapswitch top, and tapswitch capture --drops, show which and why",
  );
}

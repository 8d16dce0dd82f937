import { Command } from "commander";
import { isInviteUrl, parseServerUrl } from "../config/invite-url.js";
import { defaultStateFolder } from "../state/state-path.js";
import { HOST_CHECKS } from "./doctor/host-checks.js";
import { interfaces, readHost } from "./doctor/host-facts.js";
import { readRunning, runningFindings } from "./doctor/running.js";
import { SERVER_CHECKS } from "./doctor/server-checks.js";
import { readServer } from "./doctor/server-facts.js";
import { type Finding, findings, type Level, Report } from "./doctor/verdict.js";
import { ExitStatus } from "./exit-status.js";
import { controlOption, stateOption } from "./find-process.js";
import type { Look } from "./format/look.js";
import { harmless } from "./format/plain-text.js";
import { type JsonOptions, printing } from "./json-options.js";
import { show } from "./print.js";

const EXAMPLES = `
Examples:
  tapswitch doctor
      this host: devices, rights, firewall, clock, and what runs on it
  tapswitch doctor tls://203.0.113.7:9621
      the way to that server too, its key, and whether it welcomes this host; an invite will do, its code is not used

Nothing is changed, here or there. Without root some lines say 'skip' and why. Exit status 1 if anything fails.`;

interface DoctorOptions extends JsonOptions {
  readonly state?: string;
  readonly control?: string;
}

const TITLES: Readonly<Record<Finding["about"], string>> = {
  host: "This host",
  running: "What runs on it",
  server: "The server",
};

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description("find out what does not work, and what to do about it")
    .argument("[url]", "a server, as for 'join'")
    .addOption(stateOption("the state folder"))
    .addOption(controlOption("all that run here"))
    .addHelpText("after", EXAMPLES);
  return printing(command, Report, doctor);
}

async function doctor(options: DoctorOptions, [url]: readonly string[]): Promise<void> {
  const server = url === undefined ? null : parseServerUrl(url);
  // An argument is shown by ps to everyone on this machine.
  if (url !== undefined && isInviteUrl(url)) process.title = "tapswitch doctor";
  const state = options.state || defaultStateFolder();
  const taps = interfaces().flatMap(({ name, isTap }) => (isTap ? [name] : []));
  const [host, running, seen] = await Promise.all([
    readHost(state),
    readRunning(options.control || undefined),
    server === null ? null : readServer(server, state, taps),
  ]);
  const found = [
    ...findings("host", HOST_CHECKS, host),
    ...runningFindings(running),
    ...(seen === null ? [] : findings("server", SERVER_CHECKS, seen)),
  ];
  const ok = found.every(({ level }) => level !== "fail");
  show(options.json, { ok, findings: found } satisfies Report, (look) => lines(found, look));
  process.exitCode = ok ? ExitStatus.ok : ExitStatus.failure;
}

function lines(found: readonly Finding[], look: Look): string[] {
  return Object.entries(TITLES).flatMap(([about, title]) => {
    const some = found.filter((one) => one.about === about);
    return some.length === 0 ? [] : [look.heading(title), ...some.flatMap((one) => describe(one, look))];
  });
}

function describe({ level, check, text, fix }: Finding, look: Look): string[] {
  const paint: Record<Level, (text: string) => string> = {
    pass: look.good,
    warn: look.warning,
    fail: look.bad,
    skip: look.quiet,
  };
  const head = `  ${paint[level](level)}  ${check.padEnd(15)}${harmless(text)}`;
  return fix === undefined || level === "skip" ? [head] : [head, `        fix: ${harmless(fix)}`];
}

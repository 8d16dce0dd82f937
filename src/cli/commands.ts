/** The commands by name. Each is loaded when it is called: all of them together take longer than most need to answer. */
import type { Command } from "commander";

type Load = () => Promise<Command>;

const COMMANDS: Readonly<Record<string, Load>> = {
  serve: async () => (await import("./serve.js")).serveCommand(),
  join: async () => (await import("./join.js")).joinCommand(),
  invite: async () => (await import("./invite.js")).inviteCommand(),
  invites: async () => (await import("./invites.js")).invitesCommand(),
  members: async () => (await import("./members.js")).membersCommand(),
  revoke: async () => (await import("./members.js")).revokeCommand(),
  identity: async () => (await import("./identity.js")).identityCommand(),
  "check-config": async () => (await import("./check-config.js")).checkConfigCommand(),
  status: async () => (await import("./status.js")).statusCommand(),
  ports: async () => (await import("./ports.js")).portsCommand(),
  fdb: async () => (await import("./fdb.js")).fdbCommand(),
  groups: async () => (await import("./groups.js")).groupsCommand(),
  leases: async () => (await import("./guard.js")).leasesCommand(),
  bindings: async () => (await import("./guard.js")).bindingsCommand(),
  rules: async () => (await import("./guard.js")).rulesCommand(),
  events: async () => (await import("./events.js")).eventsCommand(),
  test: async () => (await import("./test.js")).testCommand(),
  top: async () => (await import("./top/top.js")).topCommand(),
  wires: async () => (await import("./wires.js")).wiresCommand(),
  attach: async () => (await import("./wires.js")).attachCommand(),
  detach: async () => (await import("./wires.js")).detachCommand(),
  kick: async () => (await import("./kick.js")).kickCommand(),
  reload: async () => (await import("./reload.js")).reloadCommand(),
  "log-level": async () => (await import("./log-level.js")).logLevelCommand(),
  capture: async () => (await import("./capture/capture.js")).captureCommand(),
  extcap: async () => (await import("./extcap/command.js")).extcapCommand(),
  doctor: async () => (await import("./doctor.js")).doctorCommand(),
  demo: async () => (await import("./demo-command.js")).demoCommand(),
  completion: async () => (await import("./completion/completion.js")).completionCommand(),
};

/** Looks at all the others. */
const ABOUT_ALL = "completion";

/** The command whose name stands first; else all, for a list of them or for the near name. */
export async function loadCommands(name: string | undefined): Promise<Command[]> {
  const only = name !== undefined && name !== ABOUT_ALL && Object.hasOwn(COMMANDS, name);
  const wanted = only ? [COMMANDS[name]!] : Object.values(COMMANDS);
  return Promise.all(wanted.map((load) => load()));
}

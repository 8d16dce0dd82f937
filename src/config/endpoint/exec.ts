/** `exec:ssh far tapswitch ...`: a program whose standard input and output are the cable. */
import type { AnyEndpoint, EndpointKind } from "./kind.js";

/** How frames are told apart in a stream: by 4 bytes of length as everywhere here, or by 2 as VDE's plugs have it. */
export const FRAMINGS = ["record", "vde"] as const;
export type Framing = (typeof FRAMINGS)[number];

export interface ExecEndpoint extends AnyEndpoint {
  readonly kind: "exec";
  /** For /bin/sh. */
  readonly command: string;
  readonly framing: Framing;
}

export const EXEC: EndpointKind<ExecEndpoint, "attach"> = {
  roles: ["attach"],
  options: { framing: ["attach"] },
  onlyConfigured: "it runs a program with the rights of this process",
  example: "exec:vde_plug vde:///run/vde.ctl?framing=vde",
  parse: (url, common) => {
    const command = url.verbatim.trim();
    if (command === "" || command.startsWith("//")) throw url.wrong("no command");
    if (command.includes("\0")) throw url.wrong("a command has no zero byte");
    const framing = url.option("framing") ?? "record";
    if (!isFraming(framing)) throw url.wrong(`framing is '${framing}', not ${FRAMINGS.join(" or ")}`);
    return { kind: "exec", ...common, command, framing };
  },
  format: ({ command }) => `exec:${commandInUrl(command)}`,
  write: ({ framing }) => ({ framing: framing === "record" ? undefined : framing }),
};

/** A command as it stands in a URL, as readable as can be. */
function commandInUrl(command: string): string {
  return command.replace(/[%?#\p{Cc}]/gu, encodeURIComponent);
}

function isFraming(text: string): text is Framing {
  return (FRAMINGS as readonly string[]).includes(text);
}

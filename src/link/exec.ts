/**
 * A cable whose other end is a program: ssh to a distant tapswitch, vde_plug, socat, passt. It has one end of a socket
 * pair as its standard input and output.
 */
import type { Socket } from "node:net";
import { native } from "../native/native.js";
import type { Reader } from "./adopt-socket.js";
import { openCable, pairSocket } from "./cable.js";
import type { CableProgramOptions } from "./cable-program.js";
import type { Link } from "./link.js";
import { PlugLink } from "./plug.js";
import { StreamLink } from "./stream.js";

/** Longest frame for a stream whose other end is unknown: passt resets above it. */
export const UNKNOWN_MAX_FRAME = 65_535;

export interface ExecOptions {
  /** For /bin/sh. */
  readonly command: string;
  /** How frames are told apart: "record" is QEMU's and our own 4-byte length, "vde" the 2-byte one of VDE's plugs. */
  readonly framing: "record" | "vde";
  /** Called with each line that the program writes to standard error. */
  said(line: string): void;
}

/** Starts the command; the link ends when it does, and it when the link does. Rejects with `system`. */
export function openExec(options: ExecOptions): Promise<Link> {
  return options.framing === "vde" ? openPlug(options) : openStream(options);
}

async function openStream({ command, said }: ExecOptions): Promise<Link> {
  const [ours, theirs] = native().socketPair("stream");
  return openCable({
    link: (ended) => execStream(command, ours, ended),
    program: { ...shell(command), descriptors: [theirs, theirs], said },
  });
}

async function openPlug({ command, said }: ExecOptions): Promise<Link> {
  const [output, itsInput] = native().socketPair("packet");
  const [input, itsOutput] = native().socketPair("stream");
  return openCable({
    link: (ended) => execPlug(command, { input, output }, ended),
    program: { ...shell(command), descriptors: [itsInput, itsOutput], said },
  });
}

function shell(command: string): Pick<CableProgramOptions, "program" | "args" | "name"> {
  return { program: "/bin/sh", args: ["-c", command], name: `the program '${command}'` };
}

/** The link over our end of a stream pair; `ended` is called once. */
export function execStream(peer: string, fd: number, ended: () => void): StreamLink {
  const capabilities = { maxFrame: UNKNOWN_MAX_FRAME };
  return new StreamLink((onread) => pairSocket(fd, onread), { kind: "exec", peer, capabilities, ended });
}

/** The link over our ends of a stream pair, to read from, and a packet pair; `ended` is called once. */
export function execPlug(peer: string, fds: { input: number; output: number }, ended: () => void): PlugLink {
  const input = (onread: Reader): Socket => pairSocket(fds.input, onread);
  return new PlugLink({ kind: "exec", peer, input, output: fds.output, ended });
}

/**
 * A cable whose other end is a program: ssh to a distant tapswitch, vde_plug, socat, passt. It has one end of a socket
 * pair as its standard input and output.
 */
import { Socket } from "node:net";
import { native } from "../native/native.js";
import type { Reader } from "./adopt-socket.js";
import { CableProgram } from "./cable-program.js";
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

/** Starts the command; the link ends when it does, and it when the link does. */
export function openExec(options: ExecOptions): Link {
  return options.framing === "vde" ? openPlug(options) : openStream(options);
}

function openStream({ command, said }: ExecOptions): Link {
  const [ours, theirs] = native().socketPair("stream");
  const link = execStream(command, ours, () => program.stop());
  const program = startShell(command, [theirs, theirs], said, (why) => link.close(why));
  native().closeSocket(theirs);
  return link;
}

function openPlug({ command, said }: ExecOptions): Link {
  const [output, itsInput] = native().socketPair("packet");
  const [input, itsOutput] = native().socketPair("stream");
  const link = execPlug(command, { input, output }, () => program.stop());
  const program = startShell(command, [itsInput, itsOutput], said, (why) => link.close(why));
  native().closeSocket(itsInput);
  native().closeSocket(itsOutput);
  return link;
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

/** Our end of a pair as a socket. */
export function pairSocket(fd: number, onread: Reader): Socket {
  const options = { fd, onread, readable: true, writable: true };
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}

function startShell(
  command: string,
  descriptors: readonly number[],
  said: (line: string) => void,
  ended: (why: Error) => void,
): CableProgram {
  return new CableProgram({ program: "/bin/sh", args: ["-c", command], descriptors, said, ended });
}

/**
 * The cable whose end this process is: whoever has started it, as ssh does, holds the other end of its standard input
 * and output. What it would print there goes to standard error from then on.
 */
import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import { TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { pairSocket } from "./cable.js";
import { UNKNOWN_MAX_FRAME } from "./exec.js";
import type { Link } from "./link.js";
import { StreamLink } from "./stream.js";

let taken = false;

/** The link; `ended` is called once. Throws `usage`, and `unreachable` when it was there before. */
export function openStdio(ended: () => void): Link {
  if (taken) throw new TapswitchError("unreachable", "standard input and output have ended");
  assertCarrier(0, "input");
  assertCarrier(1, "output");
  taken = true;
  const [input, fd] = native().takeStdio();
  const output = new Socket({ fd, readable: false, writable: true });
  const capabilities = { maxFrame: UNKNOWN_MAX_FRAME };
  const form = { kind: "stdio", peer: "standard input and output", capabilities, output, ended };
  return new StreamLink((onread) => pairSocket(input, onread, false), form);
}

/** A terminal or a file would be no cable. */
function assertCarrier(fd: number, name: string): void {
  const facts = fstatSync(fd);
  if (facts.isFIFO() || facts.isSocket()) return;
  throw new TapswitchError(
    "usage",
    `standard ${name} is no pipe or socket: 'stdio:' is for a program that starts this one, as ssh or exec: do`,
  );
}

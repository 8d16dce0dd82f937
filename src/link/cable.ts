/** A link and the program at its far end, each of which ends with the other. */
import { Socket } from "node:net";
import { native } from "../native/native.js";
import type { Reader } from "./adopt-socket.js";
import { CableProgram, type CableProgramOptions } from "./cable-program.js";
import type { Link } from "./link.js";

export interface CableOptions {
  /** Makes the link over our ends of what the program inherits; it has to call `ended` once. */
  link(ended: () => void): Link;
  /** The numbers among its descriptors are closed here once it has them. */
  readonly program: Omit<CableProgramOptions, "ended">;
}

/** Starts the program. Rejects with `missing` or `system`. */
export async function openCable({ link: make, program }: CableOptions): Promise<Link> {
  let started: CableProgram | null = null;
  const link = make(() => started?.stop());
  // Its ends stay open until it has ended: else the link would end before anybody knew why.
  const release = (): void => {
    const theirs = new Set(program.descriptors.filter((one) => typeof one === "number"));
    for (const fd of theirs) native().closeSocket(fd);
  };
  const ended = (why: Error): void => {
    link.close(why);
    release();
  };
  try {
    started = await CableProgram.start({ ...program, ended });
    return link;
  } catch (error) {
    link.close();
    release();
    throw error;
  }
}

/** A descriptor of a stream as a socket. */
export function pairSocket(fd: number, onread: Reader, writable = true): Socket {
  const options = { fd, onread, readable: true, writable };
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}

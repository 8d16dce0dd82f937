/** A descriptor that this process was started with on a port. */
import type { FdEndpoint } from "../../config/endpoint/fd.js";
import { InheritedDescriptors } from "../../link/inherited.js";
import { RAW_MAX_FRAME } from "../../session/session.js";
import type { OpenedWire } from "./wire-kind.js";

const descriptors = new InheritedDescriptors();

/** Rejects with what `InheritedDescriptors` throw. */
export async function openFdWire({ fd }: FdEndpoint): Promise<OpenedWire> {
  return { link: descriptors.open(fd, { maxFrame: RAW_MAX_FRAME }) };
}

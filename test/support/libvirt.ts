/** What the example of a libvirt domain gives QEMU. */
import { readFileSync } from "node:fs";

const EXAMPLE = new URL("../../../examples/libvirt-domain.xml", import.meta.url);

/** Its arguments, in order. */
export function qemuLines(): string[] {
  const xml = readFileSync(EXAMPLE, "utf8");
  return [...xml.matchAll(/<qemu:arg value='([^']+)'\/>/g)].map(([, value]) => value!);
}

/** Run in a namespace of its own: opens a TAP device as `join` does, and prints what it can do. */
import { offloadNames } from "../../frame/offload.js";
import { native } from "../../native/native.js";
import { openTap, probeOffload } from "../../native/open-tap.js";

function trial(): { vnet: boolean; offload: readonly string[]; carrier: boolean } {
  const { fd } = openTap("tap%d", { vnet: true, carrier: true });
  return { vnet: true, offload: offloadNames(probeOffload(fd)), carrier: setsCarrier(fd) };
}

function setsCarrier(fd: number): boolean {
  try {
    native().setTapCarrier(fd, 0);
    return true;
  } catch {
    return false; // A kernel before 5.0.
  }
}

try {
  process.stdout.write(JSON.stringify(trial()));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

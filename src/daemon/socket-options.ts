import type { Socket } from "node:net";
import { socketFd } from "../link/adopt-socket.js";
import { native } from "../native/native.js";
import { chooseCongestionControl } from "./congestion-control.js";

/**
 * Bytes that may wait unsent in the kernel. What waits there cannot be dropped or overtaken, so it is kept short;
 * what is on the wire but unacknowledged does not count, so long links lose nothing.
 */
const UNSENT_BYTES = 128 * 1_024;
/** Unacknowledged data, or silence of the peer's kernel, ends a TCP connection after about this long. */
const DEAD_MS = 30_000;
const PROBE_AFTER_S = 10;
const PROBE_EVERY_S = 5;
const PROBES = 4;
/** Sets what a TCP connection that carries frames needs: no delay, little unsent data, the kernel's own liveness. */
export function tuneTcp(socket: Socket): void {
  socket.setNoDelay(true);
  const fd = socketFd(socket);
  if (fd < 0) return;
  const set = native().setSocketOption;
  set(fd, "TCP_NOTSENT_LOWAT", UNSENT_BYTES);
  set(fd, "TCP_USER_TIMEOUT", DEAD_MS);
  set(fd, "SO_KEEPALIVE", 1);
  set(fd, "TCP_KEEPIDLE", PROBE_AFTER_S);
  set(fd, "TCP_KEEPINTVL", PROBE_EVERY_S);
  set(fd, "TCP_KEEPCNT", PROBES);
  chooseCongestionControl(fd);
}

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

/**
 * Sets what a TCP connection that carries frames needs: no delay, little unsent data, the kernel's own liveness. The
 * kernel finds a dead path without waking this process; what it cannot find is a peer that hangs.
 */
export function tuneTcp(socket: Socket, deadMs = DEAD_MS): void {
  socket.setNoDelay(true);
  const fd = socketFd(socket);
  if (fd < 0) return;
  const set = native().setSocketOption;
  set(fd, "TCP_NOTSENT_LOWAT", UNSENT_BYTES);
  set(fd, "TCP_USER_TIMEOUT", deadMs);
  set(fd, "SO_KEEPALIVE", 1);
  // TCP_USER_TIMEOUT says when to give up, so the number of probes does not matter [tcp(7)].
  set(fd, "TCP_KEEPIDLE", Math.ceil(deadMs / 3_000));
  set(fd, "TCP_KEEPINTVL", Math.ceil(deadMs / 6_000));
  chooseCongestionControl(fd);
}

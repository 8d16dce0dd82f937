/**
 * BBR paces what it sends: on a short path, where there is no queue to be gentle to, its timers and small bursts halved
 * the throughput between two hosts. Farther away, whoever made BBR the system's default had a reason, so there it
 * stays. The kernel goes on pacing a connection that has begun with BBR, though less; so listeners begin without, and
 * what turns out to come from afar gets the system's default back.
 */
import { readFileSync } from "node:fs";
import { native } from "../native/native.js";

const PACING = /^bbr/;
/** Not every process may use each of them (net.ipv4.tcp_allowed_congestion_control). */
const UNPACED = ["cubic", "reno"] as const;
/** Round trip below which a path is short, microseconds: a building, or a city. */
const SHORT_PATH_US = 5_000;
const SYSTEM_DEFAULT = "/proc/sys/net/ipv4/tcp_congestion_control";

/** Lets connections that the listening socket `fd` accepts begin without pacing. */
export function beginUnpaced(fd: number): void {
  const { getCongestionControl, setCongestionControl } = native();
  if (PACING.test(getCongestionControl(fd))) UNPACED.some((name) => setCongestionControl(fd, name));
}

/** Without pacing on a short path; elsewhere what the system says. `roundTripUs` is what the kernel has measured. */
export function chooseCongestionControl(fd: number, roundTripUs = native().roundTripTime(fd)): void {
  if (roundTripUs < SHORT_PATH_US) {
    beginUnpaced(fd);
    return;
  }
  const preferred = readFileSync(SYSTEM_DEFAULT, "utf8").trim();
  if (native().getCongestionControl(fd) !== preferred) native().setCongestionControl(fd, preferred);
}

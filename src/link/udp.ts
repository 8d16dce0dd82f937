/** Frames as UDP datagrams to and from one peer. That nobody is there loses frames, and they come when somebody is. */
import { getSystemErrorName } from "node:util";
import { errnoOf, TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { ipAddress } from "../native/socket-address.js";
import { DatagramLink } from "./datagram.js";

/** What a UDP datagram holds: the longest IPv4 packet without its headers [RFC 768, RFC 791]. */
export const UDP_MAX_FRAME = 65_507;

export interface UdpPlace {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

/** Both of one family. Throws `in-use`, `no-permission`, `usage`, `unreachable`. */
export function openUdp(local: UdpPlace, remote: UdpPlace): DatagramLink {
  const fd = bind(local);
  const failed = native().connectDatagram(fd, ipAddress(remote.host, remote.port));
  const peer = `${remote.host} port ${remote.port}`;
  if (failed === 0)
    return new DatagramLink({ kind: "udp", peer, fd, maxFrame: UDP_MAX_FRAME, isPatient: true });
  native().closeSocket(fd);
  throw new TapswitchError("unreachable", `cannot send to ${peer} (${getSystemErrorName(failed)})`);
}

function bind({ host, port }: UdpPlace): number {
  try {
    return native().openDatagram(ipAddress(host, port));
  } catch (cause) {
    const errno = errnoOf(cause) ?? "";
    const failed = `cannot take datagrams at ${host} port ${port} (${errno})`;
    if (errno === "EADDRINUSE")
      throw new TapswitchError("in-use", `${failed}: another process does; choose another port`, { cause });
    if (errno === "EACCES")
      throw new TapswitchError("no-permission", `${failed}: choose a port from 1024 up`, { cause });
    throw new TapswitchError("usage", `${failed}: this machine has no such address`, { cause });
  }
}

/**
 * The one typed door to the addon, which is mechanism only: it makes system calls and raises errors whose `code`
 * is an errno name. What they mean to a user is decided by its callers.
 */
import { createRequire } from "node:module";
import { TapswitchError } from "../errors.js";
import { MIN_FRAME, RECORD_HEADER, VNET_HEADER } from "../frame/record.js";
import { packageFile } from "../package-file.js";

/**
 * Bytes that `readBatch` wants free before it reads once more: the largest record a TAP can yield (65,535 bytes of
 * packet and two VLAN tags), and one byte that shows a cut.
 */
export const READ_ROOM = RECORD_HEADER + VNET_HEADER + 65_535 + MIN_FRAME + 8 + 1;

/** Words of the Int32Array that is lent to `readBatch` and `writeBatch`: the device, then counters of lost frames. */
export const TapState = {
  fd: 0,
  /** 1 if the device was opened with vnet, else 0. */
  vnet: 1,
  /** Refused for lack of buffer space. */
  queue: 2,
  /** The device was down. */
  device: 3,
  /** The kernel found no frame in it, or it was shorter than an Ethernet header. */
  malformed: 4,
  /** A record that this device cannot carry: kind 1 without vnet, or kind 2. */
  refused: 5,
  words: 6,
} as const;

/** Words of the Int32Array that is lent to `readPackets` and `writePackets`: the socket, then counters of lost frames. */
export const PacketState = {
  fd: 0,
  /** 1 once the interface is gone. */
  gone: 1,
  /** The kernel's queue was full, in either direction. */
  queue: 2,
  /** The interface was down. */
  device: 3,
  /** The kernel found no frame in it, or one of a kind that no record can say. */
  malformed: 4,
  /** Longer than the interface's MTU allows, or than a record may be. */
  oversize: 5,
  words: 6,
} as const;

/** Words of the Int32Array that is lent to `receiveDatagrams` and `sendDatagrams`. */
export const DatagramState = {
  fd: 0,
  /** Longest frame either way, bytes. */
  limit: 1,
  /** Bytes of each record's header that go out before the frame: 2 make the length that VDE's plugs write. */
  prefix: 2,
  /** The errno that ended the last call early, or 0. A receiver that is merely empty is none. */
  error: 3,
  /** Runs of one sender each that the last call has noted. */
  runs: 4,
  /** Frames refused for lack of kernel memory. */
  queue: 5,
  /** Fewer bytes than an Ethernet header, or a record that is no finished frame. */
  malformed: 6,
  /** Above the limit, or above what the socket can take. */
  oversize: 7,
  words: 8,
} as const;

/** Bytes in which `receiveDatagrams` notes a run: its start and its sender's length (32 bits each, of this machine's order), the sender. */
export const SENDER_RUN = 128;

/** What the kernel knows of an interface. */
export interface InterfaceFacts {
  readonly index: number;
  /** IFF_* bits of netdevice(7); 1 is "up". */
  readonly flags: number;
  readonly mtu: number;
  readonly txQueueLength: number;
  /** Index of the bridge or bond that it belongs to, or 0. */
  readonly master: number;
  /** Index of the interface that it lies on, as a VLAN's does, or whose other end it is; or 0. */
  readonly lower: number;
  /** Frames the kernel could not queue towards us since the device was made. */
  readonly txDropped: number;
  /** "02:00:00:00:00:01", or "" where it has none. */
  readonly mac: string;
}

export type InterfaceSetting = "up" | "mtu" | "txQueueLength" | "master";

export type SocketOption =
  | "SO_KEEPALIVE"
  | "SO_SNDBUF"
  | "SO_RCVBUF"
  | "TCP_NOTSENT_LOWAT"
  | "TCP_USER_TIMEOUT"
  | "TCP_KEEPIDLE"
  | "TCP_KEEPINTVL"
  | "TCP_QUICKACK"
  /** What the kernel believes of the path, bytes of a packet; only to be read. */
  | "IP_MTU"
  | "IPV6_MTU";

/** What a `Watch` waits for. */
export const Ready = { read: 1, write: 2 } as const;

/** Calls back while its descriptor is ready. Close it before the descriptor; it lives until it is closed. */
export interface Watch {
  /** Waits for a set of `Ready` bits, by default to read; may be called again with others. */
  start(events?: number): void;
  stop(): void;
  /** Safe to call twice, and from within the callback. */
  close(): void;
}

/** The path of an abstract Unix socket is "". */
export type ListeningAt = { readonly host: string; readonly port: number } | { readonly path: string };

export interface Native {
  /** Attaches to the TAP `name`, made if need be; "tap%d" lets the kernel choose. EBUSY, EPERM, ENOENT, EINVAL ... */
  openTap(name: string, vnet: 0 | 1, carrier: 0 | 1): { readonly fd: number; readonly name: string };
  /** Attaches to a macvtap by its device node, "/dev/tap7". ENOENT, EACCES, ENOTTY: it is something else. */
  openMacvtap(path: string): { readonly fd: number; readonly name: string };
  /**
   * Takes over an open descriptor of a TAP. ENOTTY: it is something else; EBADFD: attached to no device; EPROTOTYPE: a
   * TUN; EPROTO: opened without IFF_NO_PI.
   */
  adoptTap(fd: number): { readonly fd: number; readonly name: string; readonly vnet: number };
  /** Closes what an `open` function of the addon gave. */
  closeDescriptor(fd: number): void;
  /** Sets the TUN_F_* bits that the device may hand to us; false if the kernel does not know one of them. */
  setTapOffload(fd: number, bits: number): boolean;
  setTapCarrier(fd: number, carrier: 0 | 1): void;
  setTapPersist(fd: number, persist: 0 | 1): void;
  setTapMac(fd: number, mac: string): void;
  /**
   * Reads frames until there are none or less than READ_ROOM is left, as records into bytes[start, end). Returns
   * where they end. Throws EBADFD when the device is gone and nothing was read.
   */
  readBatch(state: Int32Array, bytes: Buffer, start: number, end: number): number;
  /** Writes the records in bytes[start, end). What is lost is counted in `state`; throws EBADFD when the device is gone. */
  writeBatch(state: Int32Array, bytes: Buffer, start: number, end: number): void;
  /** Opens an Ethernet interface as a raw socket. EPERM, ENODEV; EPROTOTYPE: no Ethernet; ENOPROTOOPT: an old kernel. */
  openPacket(name: string): number;
  /** As `readBatch`. Reads nothing where the interface is gone, which `state` tells. */
  readPackets(state: Int32Array, bytes: Buffer, start: number, end: number): number;
  /** As `writeBatch`. Writes nothing where the interface is gone, which `state` tells. */
  writePackets(state: Int32Array, bytes: Buffer, start: number, end: number): void;
  /** `status` is 0, or a negative errno after which the watch has stopped: the device is gone. `events` are `Ready` bits. */
  readonly Watch: new (
    fd: number,
    callback: (status: number, events: number) => void,
  ) => Watch;
  /** Socket of a `struct sockaddr`'s family, bound to that unless it is the family alone. EADDRINUSE, EACCES, ENOENT ... */
  openDatagram(address: Buffer): number;
  /** Sets where datagrams go and, alone, may come from. Answers 0 or a negative errno. */
  connectDatagram(fd: number, address: Buffer): number;
  /** Two connected ends of a stream or of a carrier of packets: the first is ours, the second for another process. */
  socketPair(type: "stream" | "packet"): [number, number];
  closeSocket(fd: number): void;
  /** What were standard input and output; what is written there from now on goes to standard error. To be called once. */
  takeStdio(): [number, number];
  /** User id of the process that has connected to us by a Unix stream. */
  peerUser(fd: number): number;
  /**
   * Reads datagrams until there are none, or less room than for the longest frame, as records into bytes[start, end),
   * and into `senders`, unless it is empty, who sent them. Returns where they end.
   */
  receiveDatagrams(state: Int32Array, bytes: Buffer, start: number, end: number, senders: Buffer): number;
  /** Sends the records in bytes[start, end), to `address` unless that is empty. Returns where it stopped; why is in `state`. */
  sendDatagrams(state: Int32Array, bytes: Buffer, start: number, end: number, address: Buffer): number;
  getInterface(name: string): InterfaceFacts | null;
  /** `up` is 0 or 1; `master` is an interface's index, 0 for none. */
  setInterface(name: string, setting: InterfaceSetting, value: number): void;
  setInterfaceMac(name: string, mac: string): void;
  /** Without duplicate address detection; with a broadcast address. EEXIST if it is there already. */
  addAddress(name: string, address: string, prefix: number): void;
  /** Takes an address from an interface; EADDRNOTAVAIL where it has it not. */
  removeAddress(name: string, address: string, prefix: number): void;
  /** "10.0.0.1/24", "fe80::1/64" ... */
  getAddresses(name: string): string[];
  /** Name of the interface through which packets to the address leave. Throws ENETUNREACH ... */
  routeInterface(address: string): string;
  setSocketOption(fd: number, option: SocketOption, value: number): void;
  getSocketOption(fd: number, option: SocketOption): number;
  /** Name of the TCP socket's congestion control. */
  getCongestionControl(fd: number): string;
  /** Answers false where the kernel does not have it, or keeps it for the privileged. */
  setCongestionControl(fd: number, name: string): boolean;
  /** Smoothed round trip time of a TCP connection in microseconds; 0 until there is a sample [tcp(7), TCP_INFO]. */
  roundTripTime(fd: number): number;
  /** Writes bytes[start, end) to a socket or pipe without waiting; answers how many the kernel took, or a negative errno. */
  sendBytes(fd: number, bytes: Buffer, start: number, end: number): number;
  /** Locks the open file for this process alone, until it ends or closes it; false if another process holds it. */
  lockFile(fd: number): boolean;
  /** Sends one datagram to a Unix socket; its name as in sun_path, an abstract one with a leading zero byte. */
  sendDatagram(name: Buffer, bytes: Buffer): void;
  /** Where an inherited socket listens. EBADF, ENOTSOCK; EPROTONOSUPPORT: no stream; EINVAL: it does not listen. */
  adoptListener(fd: number): ListeningAt;
  /** What kind of socket an inherited one is, which no child process inherits from now on. EBADF, ENOTSOCK. */
  socketKind(fd: number): "stream" | "datagram" | "seqpacket" | "raw" | "listener";
  /** Ends the process without waiting for Node's threads. */
  exitNow(status: number): never;
}

let loaded: Native | undefined;

/** The addon for this platform, loaded on first use. Throws `missing` where there is none. */
export function native(): Native {
  loaded ??= load(`${process.platform}-${process.arch}`);
  return loaded;
}

function load(platform: string): Native {
  try {
    return createRequire(import.meta.url)(packageFile(`dist/prebuilds/${platform}/tapswitch.node`)) as Native;
  } catch (cause) {
    const build = packageFile("src/native/build.js");
    const fix = `with a C compiler and the npm package node-api-headers, run 'node ${build}'`;
    throw new TapswitchError("missing", `cannot load the compiled addon for ${platform}: ${fix}`, { cause });
  }
}

/** Every kind of endpoint there is. A further one is a file in this folder and a line here. */
import { EXEC } from "./exec.js";
import { FD } from "./fd.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";
import { MACVTAP } from "./macvtap.js";
import { NIC } from "./nic.js";
import { PASST } from "./passt.js";
import { PCAP } from "./pcap.js";
import type { Role } from "./role.js";
import { STDIO } from "./stdio.js";
import { TAP } from "./tap.js";
import { TCP } from "./tcp.js";
import { TLS } from "./tls.js";
import { UDP } from "./udp.js";
import { UNIX } from "./unix.js";
import { UNIXGRAM } from "./unixgram.js";
import { VDE } from "./vde.js";
import { WS, WSS } from "./websocket.js";

export const KINDS = {
  tls: TLS,
  tcp: TCP,
  unix: UNIX,
  tap: TAP,
  nic: NIC,
  macvtap: MACVTAP,
  fd: FD,
  pcap: PCAP,
  ws: WS,
  wss: WSS,
  unixgram: UNIXGRAM,
  udp: UDP,
  vde: VDE,
  passt: PASST,
  exec: EXEC,
  stdio: STDIO,
} as const;

type Kinds = typeof KINDS;
export type KindName = keyof Kinds;

/** What each kind is read into. */
export type Endpoints = { readonly [Name in KindName]: ReturnType<Kinds[Name]["parse"]> };
export type Endpoint = Endpoints[KindName];

/** Kinds that can play a role. */
export type KindIn<R extends Role> = {
  [Name in KindName]: R extends Kinds[Name]["roles"][number] ? Name : never;
}[KindName];

/** Endpoints that can play a role. */
export type EndpointIn<R extends Role> = Endpoints[KindIn<R>];

/** A kind as one of all: its methods take what it was read into. */
export type AnyKind = EndpointKind<AnyEndpoint>;

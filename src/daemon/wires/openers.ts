/** What opens each kind of wire: a further kind is a file in this folder and a line here. */
import type { StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { Endpoints, KindIn } from "../../config/endpoint/kinds.js";
import { dialWire } from "./dial-wire.js";
import { openExecWire } from "./exec-wire.js";
import { openFdWire } from "./fd-wire.js";
import { openMacvtapWire } from "./macvtap-wire.js";
import { openNicWire } from "./nic-wire.js";
import { openPasstWire } from "./passt-wire.js";
import { openPcapWire } from "./pcap-wire.js";
import { openStdioWire } from "./stdio-wire.js";
import { openTapWire } from "./tap-wire.js";
import { openUdpWire } from "./udp-wire.js";
import { listenUnixgram, openUnixgramWire } from "./unixgram-wire.js";
import { listenVde, openVdeWire } from "./vde-wire.js";
import { listenWebSocket } from "./websocket-listener.js";
import { connectWebSocketWire } from "./websocket-wire.js";
import type { OpenListener, OpenWire } from "./wire-kind.js";

/** By kind of endpoint, for `--attach`. */
export const WIRES: { readonly [Name in KindIn<"attach">]: OpenWire<Endpoints[Name]> } = {
  tcp: dialWire,
  unix: dialWire,
  tap: openTapWire,
  nic: openNicWire,
  macvtap: openMacvtapWire,
  fd: openFdWire,
  pcap: openPcapWire,
  ws: connectWebSocketWire,
  wss: connectWebSocketWire,
  unixgram: openUnixgramWire,
  udp: openUdpWire,
  vde: openVdeWire,
  passt: openPasstWire,
  exec: openExecWire,
  stdio: openStdioWire,
};

type ListeningKind = Exclude<KindIn<"listen">, StreamEndpoint["kind"]>;

/** By kind of endpoint, for `--listen`; without the streams, which the door listens on since sessions come by them. */
export const LISTENERS: { readonly [Name in ListeningKind]: OpenListener<Endpoints[Name]> } = {
  ws: listenWebSocket,
  wss: listenWebSocket,
  unixgram: listenUnixgram,
  vde: listenVde,
};

/**
 * What a program may import that has a switch inside. From the smallest to the whole:
 *
 * - `createSwitch`, and links of its ports: `openTap` (this host's network stack), `connect` (a session with a server),
 *   `addUplink` (the same for ever), `MemoryLink.pair` (a cable), `connectWebSocket`, a `NicLink`, a `ReplayLink`, or
 *   anything that keeps the contract of `Link`; any of them may lie inside an `ImpairedLink`. What a port lets in is up
 *   to its policies; `Observer` looks on, `Protocol` takes part;
 * - a `Server`: networks, listeners and sessions, as `tapswitch serve` has them; `server.network(name).switch` takes
 *   further links;
 * - a `Joiner`: a TAP device of this host on somebody else's switch, as `tapswitch join` has it (it needs the rights).
 *
 * `connectControl` asks any of them that runs, as the commands do; `server.desk.api` answers the same without a socket.
 *
 * The README has examples, and so has examples/. Nothing here prints or ends the process; every error that is thrown on
 * purpose is a `TapswitchError`, but for wrong arguments of a few helpers. The compiled addon is loaded when the first TAP
 * device or stream is made, not before. test/index.api.txt is what all of it looks like: it changes on purpose only.
 */

export { type Clock, monotonicClock, type Scheduler } from "./clock.js";
export {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
  type StreamEndpoint,
} from "./config/endpoint/endpoint.js";
export { DEFAULT_PORT } from "./config/endpoint/host.js";
export type { Role } from "./config/endpoint/role.js";
export type { TcpEndpoint } from "./config/endpoint/tcp.js";
export type { UnixEndpoint } from "./config/endpoint/unix.js";
export { type JoinConfig, parseJoinConfig } from "./config/join-config.js";
export { parseServeConfig, type ServeConfig } from "./config/serve-config.js";
export type { Api, Asked } from "./control/api.js";
export type { Stream, StreamSink } from "./control/call.js";
export { CAPTURE, type CaptureQuery } from "./control/capture-api.js";
export { type ControlClient, connectControl, readLines } from "./control/control-client.js";
export {
  EVENTS,
  EventView,
  type FdbEntry,
  type NetworkView,
  type PortView,
  type StatusView,
} from "./control/inspect-api.js";
export { Listener, type ListenerEvents } from "./daemon/door/listener.js";
export { Joiner, type JoinOptions } from "./daemon/joiner.js";
export {
  type AddedUplink,
  type AddUplinkOptions,
  addUplink,
} from "./daemon/library/add-uplink.js";
export { type Connection, type ConnectOptions, connect } from "./daemon/library/connect.js";
export {
  type CreateSwitchOptions,
  createSwitch,
  type OwnSwitch,
} from "./daemon/library/create-switch.js";
export { openTap } from "./daemon/library/open-tap.js";
export { createLog, type Log, type LogOptions } from "./daemon/log.js";
export type { Network } from "./daemon/network/network.js";
export { Server, type ServerOptions, type ServerSnapshot } from "./daemon/server.js";
export { type DialOptions, dial } from "./daemon/uplink/dial.js";
export type { UplinkSnapshot } from "./daemon/uplink/uplink.js";
export { type ErrorCode, TapswitchError } from "./errors.js";
export { DROP_REASONS, type DropReason } from "./frame/drop-reason.js";
export type { ReservedName } from "./frame/ethernet.js";
export { FrameCursor } from "./frame/frame-cursor.js";
export { framesIn, toRecords } from "./frame/frames.js";
export { formatMac, type Mac, parseMac } from "./frame/mac.js";
export { ALL_OFFLOADS, Offload, type OffloadName, offloadMask, offloadNames } from "./frame/offload.js";
export { MAX_FRAME, MIN_FRAME, RECORD_HEADER, RecordKind, writeHeader } from "./frame/record.js";
export { ImpairedLink } from "./link/impaired.js";
export type { Impairment } from "./link/impairment.js";
export type { Batch, Link, LinkCapabilities, LinkEvents, Sent } from "./link/link.js";
export { MemoryLink, type MemoryLinkOptions } from "./link/memory.js";
export { NicLink } from "./link/nic.js";
export { NicDevice } from "./link/nic-device.js";
export { acceptWebSocket, connectWebSocket, type WebSocketNames } from "./link/open-websocket.js";
export { ReplayLink, type ReplayOptions } from "./link/replay.js";
export { type StreamEvents, StreamLink, type StreamOptions } from "./link/stream.js";
export { TapLink } from "./link/tap.js";
export { TapDevice, type TapOptions } from "./link/tap-device.js";
export type { WebSocketLink } from "./link/websocket.js";
export type { Hello, Welcome } from "./session/messages.js";
export { type OpenedSession, openSession } from "./session/open.js";
export type { Session } from "./session/session.js";
export type { Counters } from "./switch/counters.js";
export type { Direction, ObservedPort, Observer } from "./switch/observer.js";
export type { PolicedPort, Policy } from "./switch/policy.js";
export type { Port, PortRules, PortSnapshot } from "./switch/port.js";
export type { Protocol, ProtocolEvent, ProtocolHost, Verdict } from "./switch/protocol.js";
export { RatePolicy } from "./switch/rate-policy.js";
export {
  type AttachOptions,
  Switch,
  type SwitchOptions,
  type SwitchSnapshot,
} from "./switch/switch.js";
export type { SwitchEvents } from "./switch/switch-events.js";

/**
 * What can be asked of a running process over its control socket, written down once for both ends. `/v1` changes
 * only by additions. Who may ask is decided by the permissions of the socket's path.
 */
import { z } from "zod";
import { ACCESS_CALLS } from "./access-api.js";
import type { StreamSink } from "./call.js";
import { CAPTURE, CAPTURE_CALLS } from "./capture-api.js";
import { GROUP_CALLS } from "./group-api.js";
import { GUARD_CALLS } from "./guard-api.js";
import { HOST_CALLS } from "./host-api.js";
import { EVENTS, INSPECT_CALLS } from "./inspect-api.js";
import { PROBE } from "./probe-api.js";
import { WIRE_CALLS } from "./wire-api.js";

export const CALLS = {
  ...ACCESS_CALLS,
  ...INSPECT_CALLS,
  ...GROUP_CALLS,
  ...HOST_CALLS,
  ...GUARD_CALLS,
  ...CAPTURE_CALLS,
  ...WIRE_CALLS,
} as const;
export const STREAMS = { events: EVENTS, capture: CAPTURE, test: PROBE } as const;

type Calls = typeof CALLS;
type Streams = typeof STREAMS;
export type CallName = keyof Calls;
export type StreamName = keyof Streams;
export type AccessCall = keyof typeof ACCESS_CALLS;
export type InspectCall = keyof typeof INSPECT_CALLS;
export type GroupCall = keyof typeof GROUP_CALLS;
export type HostCall = keyof typeof HOST_CALLS;
export type GuardCall = keyof typeof GUARD_CALLS;
export type WireCall = keyof typeof WIRE_CALLS;

type Output<Name extends CallName> = z.output<Calls[Name]["output"]>;
/** A list may be made while it is sent, so that a long one holds up nothing. */
type Lazy<Whole> = Whole | (Whole extends readonly (infer Item)[] ? Iterable<Item> : never);

/** Questions as functions. */
export type Questions<Name extends CallName = CallName> = {
  readonly [One in Name]: (input: z.output<Calls[One]["input"]>) => Output<One> | Promise<Output<One>>;
};

/** Questions as a client asks them: what has a default may be left away. */
export type Asked = {
  readonly [One in CallName]: (input: z.input<Calls[One]["input"]>) => Promise<Output<One>>;
};

/** Questions as a process answers them. */
export type Handlers<Name extends CallName = CallName> = {
  readonly [One in Name]: (
    input: z.output<Calls[One]["input"]>,
  ) => Lazy<Output<One>> | Promise<Lazy<Output<One>>>;
};

/** Streams as a process feeds them. What it throws before the first chunk is told to the asker. */
export type StreamHandlers = {
  readonly [One in StreamName]: (
    input: z.output<Streams[One]["input"]>,
    sink: StreamSink,
  ) => void | Promise<void>;
};

/** What one process answers. No process answers everything. */
export interface Api {
  readonly calls: Partial<Handlers>;
  readonly streams: Partial<StreamHandlers>;
  /** Why it does not answer this one. */
  lacks(name: CallName | StreamName): string;
}

/** What a failed question is answered with. */
export const Failure = z.object({ code: z.string(), message: z.string() });

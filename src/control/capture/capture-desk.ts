/** Answers the questions about captures. */
import type { Clock } from "../../clock.js";
import { TapswitchError } from "../../errors.js";
import { Filter } from "../../frame/filter.js";
import type { Switch } from "../../switch/switch.js";
import type { Handlers, StreamHandlers } from "../api.js";
import type { StreamSink } from "../call.js";
import type { CaptureQuery } from "../capture-api.js";
import { Capture } from "./capture.js";
import type { Choice } from "./network-capture.js";

export interface CaptureDeskOptions {
  /** All there are, at the moment of asking. */
  networks(): Iterable<Switch>;
  /** The switches' clock. */
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallNow(): number;
  readonly version: string;
}

export interface CaptureDesk {
  readonly calls: Handlers<"stopCapture">;
  readonly streams: Pick<StreamHandlers, "capture">;
}

export function captureDesk(options: CaptureDeskOptions): CaptureDesk {
  /** Those that can be stopped. */
  const running = new Map<string, Capture>();
  return {
    streams: { capture: (query, sink) => startCapture(options, query, sink, running) },
    calls: {
      stopCapture: ({ id }) => {
        const capture = running.get(id);
        if (capture === undefined) throw new TapswitchError("not-found", `there is no capture '${id}'`);
        capture.stop();
        return { id };
      },
    },
  };
}

function startCapture(
  options: CaptureDeskOptions,
  query: CaptureQuery,
  sink: StreamSink,
  running: Map<string, Capture>,
): void {
  const { id, snaplen, split, count } = query;
  if (id !== undefined && running.has(id)) throw new TapswitchError("in-use", `a capture '${id}' is running`);
  const choice = choiceOf(query);
  const networks = networksOf(options, query.network);
  const { clock } = options;
  const capture = new Capture({
    sink,
    networks,
    choice,
    snaplen,
    split,
    count: count === 0 ? Number.POSITIVE_INFINITY : count,
    offsetMs: options.wallNow() - clock.now(),
    application: `tapswitch ${options.version}`,
    now: () => clock.now(),
    ended: () => void (id !== undefined && running.delete(id)),
  });
  if (id !== undefined && capture.open) running.set(id, capture);
}

function choiceOf({ port, direction, drops, filter }: CaptureQuery): Choice {
  return {
    ports: port,
    direction: direction ?? (port.length > 0 ? "both" : "in"),
    drops,
    filter: filter === undefined || filter.trim() === "" ? null : new Filter(filter),
  };
}

function networksOf(options: CaptureDeskOptions, name: string | undefined): Switch[] {
  const all = [...options.networks()];
  const chosen = name === undefined ? all : all.filter((network) => network.name === name);
  if (chosen.length > 0) return chosen;
  const names = all.map((network) => network.name).join(", ");
  throw new TapswitchError("unknown-network", `there is no network '${name}': there is ${names}`);
}

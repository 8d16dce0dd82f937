import type { StreamSink } from "./call.js";
import type { EventHub } from "./event-hub.js";
import type { EventsQuery, EventView } from "./inspect-api.js";

/** Sends past events, then each as it happens. */
export function streamEvents(hub: EventHub, query: EventsQuery, sink: StreamSink): void {
  const { network, type, last, follow } = query;
  const fits = (event: EventView): boolean =>
    (network === undefined || event.network === network) && (type?.includes(event.type) ?? true);
  const send = (event: EventView): void => {
    if (fits(event)) sink.write(`${JSON.stringify(event)}\n`);
  };
  for (const event of hub.past(last, fits)) send(event);
  if (!follow || sink.gone.aborted) sink.end();
  else sink.gone.addEventListener("abort", hub.subscribe(send));
}

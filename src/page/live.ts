/** Asks the switch: once a second while the page is seen, not at all while it is hidden. */
import type { HostView } from "../control/host-api.js";
import type { EventView, PortView, StatusView } from "../control/inspect-api.js";

const STEP_MS = 1_000;
const ANSWER_MS = 5_000;
const AGAIN_MS = 1_000;

export interface Answer {
  readonly status: StatusView;
  readonly ports: PortView[];
  /** When it came, on a clock that never goes back. */
  readonly atMs: number;
}

/** What the switch says instead of an answer. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Asks one question. Throws `Refused`, or what `fetch` throws. */
export async function ask<Answered>(path: string, query: URLSearchParams | string = ""): Promise<Answered> {
  const response = await fetch(`${path}?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw await refusedBy(response);
  return (await response.json()) as Answered;
}

/** The error that a response tells of. */
export async function refusedBy(response: Response): Promise<Refused> {
  const said: unknown = await response.json().catch(() => null);
  const { code = "system", message = `the switch answered ${response.status}` } = (said ??
    {}) as Partial<Refused>;
  return new Refused(code, message);
}

/** Hands on an answer each second; `lost` is called with each question that failed. */
export function follow(told: (answer: Answer) => void, lost: () => void): void {
  const step = async (): Promise<void> => {
    const due = performance.now() + STEP_MS;
    try {
      const [status, ports] = await Promise.all([
        ask<StatusView>("/v1/status"),
        ask<PortView[]>("/v1/ports"),
      ]);
      told({ status, ports, atMs: performance.now() });
    } catch {
      lost();
    }
    await seen();
    setTimeout(step, Math.max(0, due - performance.now()));
  };
  void step();
}

/** Resolves when the page is looked at. */
function seen(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}

/** Hosts behind ports that are named as "network/number", `perPort` of each. */
export function hostsAt(places: readonly string[], perPort: number): Promise<HostView[]> {
  const query = new URLSearchParams(places.map((place) => ["at", place]));
  query.set("perPort", String(perPort));
  query.set("limit", "1000");
  return ask("/v1/hosts", query);
}

/** Hands on events for ever: the last `past` ones, then each as it happens. */
export async function followEvents(past: number, told: (event: EventView) => void): Promise<never> {
  for (let last = past; ; last = past) {
    try {
      const response = await fetch(`/v1/events?last=${last}`);
      if (!response.ok || response.body === null) throw await refusedBy(response);
      for await (const line of lines(response.body)) told(JSON.parse(line) as EventView);
    } catch {
      // The connection has ended: the header says so, and it is tried again.
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const parts = (rest + read.value).split("\n");
    rest = parts.pop()!;
    yield* parts.filter((part) => part !== "");
  }
}

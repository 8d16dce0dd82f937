/**
 * The client's side of a beginning: says hello, waits for the answer, and ignores frames until it has come (the
 * server may have taken a slow hello for a silent raw peer and sent it what it floods).
 */
import type { Clock } from "../clock.js";
import { type ErrorCode, TapswitchError } from "../errors.js";
import { offloadMask } from "../frame/offload.js";
import type { StreamLink } from "../link/stream.js";
import {
  formatMessage,
  type Hello,
  type Parsed,
  PROTOCOL_VERSION,
  parseMessage,
  REFUSALS,
  type Settings,
  type Welcome,
} from "./messages.js";
import { Session } from "./session.js";

/** The server has this long to answer a hello. */
const WELCOME_MS = 10_000;

export interface OpenedSession {
  readonly session: Session;
  readonly welcome: Welcome;
}

/**
 * Says hello over a connected stream. Rejects with the server's refusal, or with why none came. `changed` is told of
 * what the server changes later.
 */
export function openSession(
  link: StreamLink,
  hello: Omit<Hello, "type" | "version">,
  clock: Clock,
  changed: (settings: Settings) => void = () => undefined,
): Promise<OpenedSession> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const fail = (error: TapswitchError): void => {
      clearTimeout(timer);
      link.close();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new TapswitchError("timeout", `no answer within ${WELCOME_MS} ms`)),
      WELCOME_MS,
    );
    link.start({
      batch: () => undefined,
      drain: () => undefined,
      dropped: () => undefined,
      message: (text) => {
        const answer = parseMessage(text);
        if (answered || answer.type === "unknown") return;
        if (answer.type !== "welcome") return fail(refusal(answer));
        answered = true;
        clearTimeout(timer);
        const session = new Session(link, { clock, changed, offload: agreed(hello, answer) });
        resolve({ session, welcome: answer });
      },
      close: (error) => fail(new TapswitchError("unreachable", closedEarly(error), { cause: error })),
    });
    link.sendMessage(formatMessage({ type: "hello", version: PROTOCOL_VERSION, ...hello }));
  });
}

/** Who takes no unfinished frames sends none either: `--no-offload` keeps them off the wire both ways. */
function agreed(hello: Pick<Hello, "capabilities">, welcome: Welcome): number {
  return offloadMask(hello.capabilities.offload) & offloadMask(welcome.capabilities.offload);
}

function closedEarly(error?: Error): string {
  return `the server closed the connection before it answered${error ? ` (${error.message})` : ""}`;
}

function refusal(answer: Parsed): TapswitchError {
  if (answer.type === "refuse") {
    const code = REFUSALS.has(answer.code) ? (answer.code as ErrorCode) : "unreachable";
    return new TapswitchError(code, `the server refused: ${answer.message}`);
  }
  const what = answer.type === "invalid" ? `an invalid message (${answer.why})` : `'${answer.type}'`;
  return new TapswitchError("protocol", `the server answered hello with ${what}`);
}

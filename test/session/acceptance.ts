import type { TestContext } from "node:test";
import { monotonicClock } from "../../src/clock.js";
import type { TapswitchError } from "../../src/errors.js";
import { acceptSession } from "../../src/session/accept.js";
import { type Admitted, openGrant } from "../../src/session/grant.js";
import type { Hello, Welcome } from "../../src/session/messages.js";
import type { Session } from "../../src/session/session.js";
import type { Peer } from "../support/peers.js";
import { streamUnderTest } from "../support/server.js";

export const ADMITTED: Admitted = { grant: openGrant("default"), name: "peer" };

export interface Accepted {
  readonly peer: Peer;
  readonly sessions: Session[];
  readonly raw: Session[];
  readonly hellos: Hello[];
  /** Frames that the sessions handed on. */
  readonly frames: Buffer[];
  /** How streams ended that had no session, and sessions. */
  readonly early: (Error | undefined)[];
  readonly closed: (Error | undefined)[];
}

export interface HowAccepted {
  readonly raw?: boolean;
  readonly unfinishedMs?: number;
  admit?(hello: Hello): Promise<Admitted>;
}

/** One accepted connection whose host writes down what happens. */
export async function accept(t: TestContext, how: HowAccepted = {}): Promise<Accepted> {
  const { raw = true, unfinishedMs, admit = async () => ADMITTED } = how;
  const { link, peer, close } = await streamUnderTest(
    "tcp",
    "accepted",
    unfinishedMs === undefined ? {} : { unfinishedMs },
  );
  t.after(close);
  const accepted: Accepted = { peer, sessions: [], raw: [], hellos: [], frames: [], early: [], closed: [] };
  const begin = (session: Session): void =>
    session.start({
      batch: ({ bytes, start, end }) => {
        accepted.frames.push(Buffer.from(bytes.subarray(start + 4, end)));
      },
      drain: () => undefined,
      dropped: () => undefined,
      close: (error) => void accepted.closed.push(error),
    });
  acceptSession(link, {
    raw,
    clock: monotonicClock,
    host: {
      admit: (said) => admit(said),
      attach: (session, said) => {
        accepted.sessions.push(session);
        accepted.hellos.push(said);
        begin(session);
        return welcome();
      },
      attachRaw: (session) => {
        accepted.raw.push(session);
        begin(session);
      },
      heard: () => undefined,
      ended: (_, error) => void accepted.early.push(error),
    },
  });
  return accepted;
}

export function welcome(): Welcome {
  return {
    type: "welcome",
    version: 1,
    network: "default",
    port: 1,
    name: "host",
    mtu: 1_500,
    keepaliveMs: 10_000,
    capabilities: { offload: [] },
    warnings: [],
  };
}

export function codeOf(error: Error | undefined): string {
  return (error as TapswitchError | undefined)?.code ?? "none";
}

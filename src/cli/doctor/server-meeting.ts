/** A short session with the server, as a client without device: whether it welcomes us, how fast and what time it has. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { monotonicClock } from "../../clock.js";
import type { StreamEndpoint } from "../../config/endpoint/endpoint.js";
import { tlsContext } from "../../daemon/tls-context.js";
import { dial } from "../../daemon/uplink/dial.js";
import type { ServerTrust } from "../../daemon/uplink/server-trust.js";
import { TapswitchError } from "../../errors.js";
import type { StreamLink } from "../../link/stream.js";
import { fingerprintOf } from "../../session/fingerprint.js";
import type { Identity } from "../../session/identity.js";
import type { Welcome } from "../../session/messages.js";
import { openSession } from "../../session/open.js";
import type { Session } from "../../session/session.js";
import { STEP_MS, within } from "./limit.js";

export type Meeting =
  | {
      readonly kind: "welcomed";
      readonly welcome: Welcome;
      /** Of a ping; null: it did not come back. */
      readonly rttMs: number | null;
      /** How far the server's clock is ahead of ours, and how far off that may be; null: it does not tell its time. */
      readonly skew: { readonly ms: number; readonly uncertainMs: number } | null;
    }
  | { readonly kind: "refused"; readonly code: string; readonly why: string }
  | { readonly kind: "skipped"; readonly why: string };

const GLANCE_MS = 10;

export async function meet(
  endpoint: StreamEndpoint,
  identity: Identity | null,
  pin: string | null,
): Promise<Meeting> {
  let link: StreamLink | undefined;
  try {
    const trust =
      endpoint.kind === "tls"
        ? trusting(tlsContext(endpoint, identity!), endpoint.ca === undefined ? pin : null)
        : undefined;
    link = await dial(endpoint, { trust, signal: AbortSignal.timeout(STEP_MS) });
    return await converse(link, endpoint);
  } catch (error) {
    if (!(error instanceof TapswitchError)) throw error;
    // A link that ended for a reason of its own says more by that than by having ended.
    const { code } = error.cause instanceof TapswitchError ? error.cause : error;
    return { kind: "refused", code, why: error.message };
  } finally {
    link?.close();
  }
}

async function converse(link: StreamLink, { network }: StreamEndpoint): Promise<Meeting> {
  const hello = {
    instance: randomBytes(16).toString("hex"),
    name: "doctor",
    ...(network === undefined ? {} : { network }),
    capabilities: { offload: [] },
  };
  const before = Date.now();
  const { session, welcome } = await within(STEP_MS, openSession(link, hello, monotonicClock));
  const after = Date.now();
  const rttMs = await ping(session);
  session.bye("leaving", "this was only a check");
  const uncertainMs = (after - before) / 2;
  const skew = welcome.time === undefined ? null : { ms: welcome.time - (before + after) / 2, uncertainMs };
  return { kind: "welcomed", welcome, rttMs, skew };
}

async function ping(session: Session): Promise<number | null> {
  session.start({
    batch: () => undefined,
    drain: () => undefined,
    dropped: () => undefined,
    close: () => undefined,
  });
  session.ping();
  const deadline = monotonicClock.now() + STEP_MS / 2;
  while (session.rttMs === null && monotonicClock.now() < deadline) await sleep(GLANCE_MS);
  return session.rttMs;
}

/** As a join trusts it, but nothing is written down. Without a pin the CA has the word. */
function trusting(secureContext: ReturnType<typeof tlsContext>, pin: string | null): ServerTrust {
  if (pin === null) return { options: { secureContext }, check: () => undefined };
  return {
    options: { secureContext, rejectUnauthorized: false },
    check: (socket: TLSSocket) => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate !== undefined && fingerprintOf(certificate.publicKey) === pin) return;
      throw new TapswitchError("wrong-pin", "the server has another key than a moment ago");
    },
  };
}

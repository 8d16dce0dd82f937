/** The handshake with whoever it is: which key it shows, or what it says instead. */
import { connect, type TLSSocket } from "node:tls";
import type { TlsEndpoint } from "../../config/endpoint/tls.js";
import { errnoOf } from "../../errors.js";
import { type Fingerprint, fingerprintOf } from "../../session/fingerprint.js";
import { createIdentity } from "../../session/identity.js";
import { STEP_MS } from "./limit.js";

export type TlsSeen =
  | { readonly fingerprint: Fingerprint; readonly issuer: string }
  /** The reason; `speaks` where it answered, but not in TLS. */
  | { readonly why: string; readonly speaks: boolean };

/** What OpenSSL says where the other end answered in another language. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|BAD_RECORD/;

/** With a key for this one handshake: who is a member is found out elsewhere. */
export function seeTls(endpoint: TlsEndpoint, host: string): Promise<TlsSeen> {
  const { key, certificate } = createIdentity();
  const proof = { key, cert: certificate, minVersion: "TLSv1.3", rejectUnauthorized: false } as const;
  return new Promise((resolve) => {
    const socket = connect({ host, port: endpoint.port, ...proof });
    const end = (seen: TlsSeen): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(seen);
    };
    const timer = setTimeout(
      () => end({ why: `no handshake within ${STEP_MS / 1_000} s`, speaks: false }),
      STEP_MS,
    );
    socket.on("error", (error) => {
      const why = errnoOf(error) ?? error.message;
      end({ why, speaks: NO_TLS.test(why) });
    });
    socket.on("close", () => end({ why: "it closed the connection", speaks: false }));
    socket.on("secureConnect", () => end(look(socket)));
  });
}

function look(socket: TLSSocket): TlsSeen {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { why: "it showed no certificate", speaks: true };
  return { fingerprint: fingerprintOf(certificate.publicKey), issuer: certificate.issuer };
}

/**
 * The server's end of a TLS connection that reads into memory of ours, as `adopt-socket.ts` does for plain ones.
 * `TLSSocket` takes `onread` only where it makes the connection itself; here it believes so and is given the handle
 * of the accepted one. This file alone touches those unnamed fields.
 */
import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";
import type { Reader } from "./adopt-socket.js";

interface AcceptedInsides {
  _handle: unknown;
  _server: unknown;
  server: unknown;
}

interface TlsInsides extends AcceptedInsides {
  connecting: boolean;
  _tlsOptions: { adopted: unknown };
  _wrapHandle(wrap: unknown, handle: unknown, ...rest: unknown[]): unknown;
}

const insides = TLSSocket.prototype as unknown as TlsInsides;

class AdoptedTlsSocket extends TLSSocket {
  /** Called by the constructor of `TLSSocket` for the handle to encrypt over. */
  _wrapHandle(this: TlsInsides, wrap: unknown, handle: unknown, ...rest: unknown[]): unknown {
    return insides._wrapHandle.call(this, wrap, handle ?? this._tlsOptions.adopted, ...rest);
  }
}

/**
 * Moves an accepted, paused socket's connection into a server-side TLS socket, which begins the handshake and emits
 * `secure` at its end. The client must have proven that it holds the key of some certificate; whether that
 * certificate means anything is to be asked of `verifyError` and `peerCertificate`.
 */
export function adoptTlsSocket(accepted: Socket, secureContext: SecureContext, reader: Reader): TLSSocket {
  const from = accepted as unknown as AcceptedInsides;
  const options = {
    isServer: true,
    secureContext,
    requestCert: true,
    rejectUnauthorized: true,
    onread: reader,
    adopted: from._handle,
  };
  const socket = new AdoptedTlsSocket(undefined as unknown as Socket, options as TLSSocketOptions);
  const to = socket as unknown as TlsInsides;
  to.connecting = false;
  to._server = from._server;
  to.server = from.server;
  from._handle = null;
  from._server = null;
  return socket;
}

/** What OpenSSL found wrong with the peer's chain ("UNABLE_TO_GET_ISSUER_CERT", "CERT_REVOKED"), or null. */
export function verifyError(socket: TLSSocket): string | null {
  const handle = (socket as unknown as { _handle: { verifyError(): (Error & { code?: string }) | null } })
    ._handle;
  const error = handle.verifyError();
  return error === null || error === undefined ? null : (error.code ?? error.message);
}

/** The certificate whose key the peer has proven to hold, or undefined where it showed none. */
export function peerCertificate(socket: TLSSocket): X509Certificate | undefined {
  return socket.getPeerX509Certificate();
}

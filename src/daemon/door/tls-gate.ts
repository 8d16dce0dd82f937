/** Takes accepted connections through the TLS handshake, and hands on those that have proven an identity. */
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import type { TlsEndpoint } from "../../config/endpoint/tls.js";
import { TapswitchError } from "../../errors.js";
import { adoptTlsSocket, peerCertificate, verifyError } from "../../link/adopt-tls-socket.js";
import { StreamLink } from "../../link/stream.js";
import type { Identity } from "../../session/identity.js";
import { certifiedIdentity, keyIdentity, type PeerIdentity } from "../../session/peer-identity.js";
import { tuneTcp } from "../socket-options.js";
import { readFiles, tlsContext } from "../tls-context.js";
import type { Arrival } from "./arrival.js";
import type { Doorkeeper, Visit } from "./doorkeeper.js";

export interface TlsGateOptions {
  readonly endpoint: TlsEndpoint;
  readonly identity: Identity;
  readonly doorkeeper: Doorkeeper;
  accept(link: StreamLink, arrival: Arrival): void;
  /** A connection that was let in has closed, admitted or not. */
  ended(link: StreamLink, arrived: boolean, error?: Error): void;
}

export class TlsGate {
  readonly #options: TlsGateOptions;
  /** Ends each connection that waits for its handshake or is in the middle of it. */
  readonly #unproven = new Set<() => void>();
  #context: SecureContext;
  /** What they held when they were last read. */
  #files: string;

  /** Throws `usage` where a file of the endpoint cannot be used. */
  constructor(options: TlsGateOptions) {
    this.#options = options;
    this.#files = readFiles(options.endpoint);
    this.#context = tlsContext(options.endpoint, options.identity);
  }

  /**
   * Reads the endpoint's files again. Null where they are as before; else they hold, for connections to come, once the
   * answer is called. Throws `usage`.
   */
  reread(): (() => void) | null {
    const { endpoint, identity } = this.#options;
    const files = readFiles(endpoint);
    if (files === this.#files) return null;
    const context = tlsContext(endpoint, identity);
    return () => {
      this.#context = context;
      this.#files = files;
    };
  }

  /** Ends the connections that have not proven anything yet. */
  close(): void {
    for (const end of this.#unproven) end();
  }

  /** Takes a connection, or answers false: close it. */
  enter(socket: Socket, peer: string): boolean {
    const { doorkeeper } = this.#options;
    const visit = doorkeeper.enter(socket.remoteAddress ?? "");
    if (visit === null) return false;
    const end = (): void => {
      clearTimeout(deadline);
      this.#unproven.delete(end);
      visit.ended();
      socket.destroy();
    };
    const deadline = setTimeout(end, doorkeeper.limits.deadlineMs);
    this.#unproven.add(end);
    visit.turn(() => {
      clearTimeout(deadline);
      this.#unproven.delete(end);
      this.#handshake(socket, peer, visit);
    });
    return true;
  }

  #handshake(accepted: Socket, peer: string, visit: Visit): void {
    let socket!: TLSSocket;
    let arrived = false;
    const link = new StreamLink(
      (reader) => {
        socket = adoptTlsSocket(accepted, this.#context, reader);
        tuneTcp(socket);
        return socket;
      },
      {
        kind: "tls",
        peer,

        ended: (error) => {
          clearTimeout(deadline);
          this.#unproven.delete(end);
          visit.ended();
          this.#options.ended(link, arrived, error);
        },
      },
    );
    const end = (): void => link.close();
    this.#unproven.add(end);
    const { deadlineMs } = this.#options.doorkeeper.limits;
    const deadline = setTimeout(
      () => link.close(new TapswitchError("timeout", `not admitted within ${deadlineMs} ms`)),
      deadlineMs,
    );
    const admitted = (): void => {
      clearTimeout(deadline);
      visit.admitted();
    };
    // Called in the middle of the read that ends the handshake: the link is started before anything else is read.
    socket.once("secure", () => {
      try {
        const identity = this.#identify(socket);
        arrived = true;
        this.#unproven.delete(end);
        this.#options.accept(link, { identity, admitted });
      } catch (error) {
        link.close(error as Error);
      }
    });
  }

  #identify(socket: TLSSocket): PeerIdentity {
    const certificate = peerCertificate(socket);
    if (certificate === undefined || socket.isSessionReused())
      throw new TapswitchError(
        "not-authenticated",
        "the client showed no certificate in this very handshake",
      );
    if (this.#options.endpoint.ca === undefined) return keyIdentity(certificate);
    const error = verifyError(socket);
    if (error === null) return certifiedIdentity(certificate);
    throw new TapswitchError("not-authenticated", `the client's certificate is not accepted (${error})`);
  }
}

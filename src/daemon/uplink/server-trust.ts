/**
 * How a client knows that it talks to the right server: by a key that it was told beforehand, or by a CA. A server
 * that nobody vouches for is not talked to; there is no trust on first use.
 */
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { TlsEndpoint } from "../../config/endpoint/tls.js";
import { TapswitchError } from "../../errors.js";
import { fingerprintOf } from "../../session/fingerprint.js";
import type { Identity } from "../../session/identity.js";
import { loadIdentity } from "../../state/identity-file.js";
import { KnownServers } from "../../state/known-servers.js";
import { openStateFolder } from "../../state/state-folder.js";
import { tlsContext } from "../tls-context.js";

export interface ServerTrust {
  /** How to connect. */
  readonly options: ConnectionOptions;
  /** Where `check` may have to write. */
  readonly folder?: string;
  /** To be called once connected, before anything is said. Throws `wrong-pin`, `bad-state`. */
  check(socket: TLSSocket): void;
}

/** What a client's state folder has to say about the server. Throws `unknown-server`, `usage`, `bad-state`. */
export function openTrust(endpoint: TlsEndpoint, state?: string): ServerTrust {
  const folder = openStateFolder(state);
  return trustServer(endpoint, loadIdentity(folder), new KnownServers(folder));
}

/** Throws `unknown-server`, `usage`, `bad-state`. */
export function trustServer(endpoint: TlsEndpoint, identity: Identity, known: KnownServers): ServerTrust {
  const secureContext = tlsContext(endpoint, identity);
  if (endpoint.ca !== undefined) return { options: { secureContext }, check: () => undefined };
  let saved = known.pin(endpoint.host, endpoint.port);
  const pin = endpoint.pin ?? saved;
  if (pin === undefined) throw unknownServer(endpoint);
  return {
    options: { secureContext, rejectUnauthorized: false },
    folder: known.folder,
    check: (socket) => {
      const certificate = socket.getPeerX509Certificate();
      const found = certificate === undefined ? "none" : fingerprintOf(certificate.publicKey);
      if (found !== pin) throw wrongPin(endpoint, pin, found);
      if (saved !== pin) known.save(endpoint.host, endpoint.port, pin);
      saved = pin;
    },
  };
}

function unknownServer(endpoint: TlsEndpoint): TapswitchError {
  return new TapswitchError(
    "unknown-server",
    `nothing says which key ${formatEndpoint(endpoint)} must have: join once with the URL that 'tapswitch invite' ` +
      "prints there, or add ?pin= with what 'tapswitch identity' prints there, or ?ca=FILE",
  );
}

function wrongPin(endpoint: TlsEndpoint, pin: string, found: string): TapswitchError {
  return new TapswitchError(
    "wrong-pin",
    `${formatEndpoint(endpoint)} has the key ${found}, not ${pin}: someone may be in between, or the server was set ` +
      "up anew; nothing was sent. Ask whoever runs it, and join with a new invite if the new key is right",
  );
}

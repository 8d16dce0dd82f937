/** `tls://host:9621/network`: a stream on which each end proves who it is. */
import { FINGERPRINT_PATTERN, type Fingerprint } from "../../session/fingerprint.js";
import { formatHost, type HostEndpoint, parseHost, yesOrNo } from "./host.js";
import type { EndpointKind } from "./kind.js";

export interface TlsEndpoint extends HostEndpoint {
  readonly kind: "tls";
  /** The key that the server must have. */
  readonly pin: Fingerprint | undefined;
  /** Files: the CA whose certificates the other end may show, what it has revoked, and our own certificate and key. */
  readonly ca: string | undefined;
  readonly crl: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const BOTH = ["server", "listen"] as const;

export const TLS: EndpointKind<TlsEndpoint, "server" | "listen"> = {
  roles: BOTH,
  options: {
    ...{ raw: ["listen"], fd: ["listen"], pin: ["server"] },
    ...{ ca: BOTH, crl: BOTH, cert: BOTH, key: BOTH },
  },
  example: "tls://switch.example:9621/default",
  isEncrypted: true,
  hasNetworkPath: true,
  parse: (url, common) => {
    const [pin, ca, crl, cert, key] = ["pin", "ca", "crl", "cert", "key"].map((name) => url.filled(name));
    if (pin !== undefined && !FINGERPRINT_PATTERN.test(pin))
      throw url.wrong("pin is no fingerprint, as 'tapswitch identity' prints it");
    if (crl !== undefined && ca === undefined) throw url.wrong("crl goes with ca");
    if ((cert === undefined) !== (key === undefined)) throw url.wrong("cert and key go together");
    return { kind: "tls", ...common, ...parseHost(url), pin, ca, crl, cert, key };
  },
  format: (endpoint) => `tls://${formatHost(endpoint)}`,
  write: ({ raw, fd, pin, ca, crl, cert, key }) => ({ pin, ca, crl, cert, key, raw: yesOrNo(raw), fd }),
};

/**
 * Who a TLS peer has proven to be. Without a CA it is its key and nothing else: what a self-signed certificate says
 * about itself is ignored, its dates too. With a CA (`?ca=`) it is issuer and name, by this rule: a SAN
 * `URI:tapswitch://NETWORK/NAME` gives one network and the name; without one the name is the subject's CN, and each
 * OU a network. A certificate that fits neither admits to nothing.
 */
import type { X509Certificate } from "node:crypto";
import { TapswitchError } from "../errors.js";
import { fingerprintOf } from "./fingerprint.js";
import { NAME_PATTERN } from "./messages.js";

export interface PeerIdentity {
  /** "key:<fingerprint>" or "ca:<issuer>/<name>". */
  readonly id: string;
  /** What a CA says of the peer; absent for a bare key. */
  readonly certified?: Certified;
}

interface Certified {
  readonly name: string;
  readonly networks: readonly string[];
}

/** Networks that one certificate may name. */
const MAX_NETWORKS = 64;
const SAN_RULE = /^URI:tapswitch:\/\/([^/]+)\/([^/]+)$/;

export function keyIdentity(certificate: X509Certificate): PeerIdentity {
  return { id: `key:${fingerprintOf(certificate.publicKey)}` };
}

/** The identity in a certificate whose chain has been verified. Throws `not-authenticated`. */
export function certifiedIdentity(certificate: X509Certificate): PeerIdentity {
  const { subject, issuer } = certificate.toLegacyObject();
  const certified = fromAltName(certificate.subjectAltName) ?? fromSubject(subject);
  if (certified === null)
    throw new TapswitchError(
      "not-authenticated",
      "the certificate names no network and member: it needs a SAN 'URI:tapswitch://NETWORK/NAME', " +
        "or a CN with the member's name and an OU with the network's",
    );
  return { id: `ca:${issuerName(issuer)}/${certified.name}`, certified };
}

function fromAltName(text: string | undefined): Certified | null {
  // Node quotes a name that holds a comma or quote; none of ours does, so such a list is not read at all.
  if (text === undefined || text.includes('"')) return null;
  for (const entry of text.split(", ")) {
    const [, network = "", name = ""] = SAN_RULE.exec(entry) ?? [];
    if (NAME_PATTERN.test(network) && NAME_PATTERN.test(name)) return { name, networks: [network] };
  }
  return null;
}

function fromSubject(subject: unknown): Certified | null {
  const [name, ...others] = values(subject, "CN");
  const networks = values(subject, "OU");
  const valid = name !== undefined && others.length === 0 && NAME_PATTERN.test(name);
  if (!valid || networks.length === 0 || networks.length > MAX_NETWORKS) return null;
  return networks.every((network) => NAME_PATTERN.test(network)) ? { name, networks } : null;
}

function issuerName(issuer: unknown): string {
  return (values(issuer, "CN")[0] ?? values(issuer, "O")[0] ?? "")
    .replace(/[^A-Za-z0-9._ -]/g, "_")
    .slice(0, 63);
}

/** The values of one attribute, which Node gives as a text or as a list. */
function values(name: unknown, attribute: string): string[] {
  if (typeof name !== "object" || name === null || !Object.hasOwn(name, attribute)) return [];
  const value = (name as Record<string, unknown>)[attribute];
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string");
}

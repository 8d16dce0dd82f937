/** OpenVPN in TAP mode over TCP, point to point between a and b, with certificates made for this one run. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { address, type TunnelKind, temporaryFolder, tunnelOver, UNDERLAY } from "./tunnel.js";

const PORT = "1194";

export const openvpnPlain = openvpn("none", ["--data-ciphers", "none", "--cipher", "none", "--auth", "none"]);
export const openvpnAes = openvpn("AES-256-GCM", [
  "--data-ciphers",
  "AES-256-GCM",
  "--cipher",
  "AES-256-GCM",
]);

function openvpn(cipher: string, options: readonly string[]): TunnelKind {
  return {
    name: `OpenVPN tap, TCP, ${cipher}`,
    needs: ["openvpn", "openssl"],
    async start(lab) {
      const keys = makeKeys();
      const common = ["--dev", "tap0", "--dev-type", "tap", "--verb", "3", "--tcp-nodelay", ...options];
      const identity = (own: "a" | "b", other: "a" | "b"): string[] => [
        "--cert",
        keys[own].cert,
        "--key",
        keys[own].key,
        "--peer-fingerprint",
        keys[other].fingerprint,
      ];
      const listen = [
        "--proto",
        "tcp-server",
        "--local",
        UNDERLAY.b,
        "--port",
        PORT,
        "--tls-server",
        "--dh",
        "none",
      ];
      const dial = ["--proto", "tcp-client", "--remote", UNDERLAY.b, PORT, "--tls-client"];
      const server = lab.spawn("b", ["openvpn", ...common, ...listen, ...identity("b", "a")]);
      await server.waitFor(/Listening for incoming TCP/);
      const client = lab.spawn("a", ["openvpn", ...common, ...dial, ...identity("a", "b")]);
      await Promise.all(
        [server, client].map((child) => child.waitFor(/Initialization Sequence Completed/, 20_000)),
      );
      await address(lab, "tap0");
      return tunnelOver("tap0", [server, client]);
    },
  };
}

interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: string;
}

let made: Record<"a" | "b", Identity> | undefined;

/** Two self-signed certificates that trust each other by fingerprint, made once per process. */
function makeKeys(): Record<"a" | "b", Identity> {
  const folder = temporaryFolder();
  made ??= { a: makeIdentity(folder, "a"), b: makeIdentity(folder, "b") };
  return made;
}

function makeIdentity(folder: string, name: string): Identity {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-subj", `/CN=${name}`, "-days", "2", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", ...curve, ...files], { stdio: "ignore" });
  const said = execFileSync("openssl", ["x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], {
    encoding: "utf8",
  });
  return { cert, key, fingerprint: said.trim().split("=")[1]! };
}

/** tinc 1.0 in switch mode, straight between a and b over UDP, with keys made for this one run. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { address, type TunnelKind, temporaryFolder, tunnelOver, UNDERLAY } from "./tunnel.js";

export const tincPlain = tinc("no cipher", "Cipher = none\nDigest = none\n");
export const tincDefault = tinc("default cipher", "");

type Host = "a" | "b";

function tinc(title: string, options: string): TunnelKind {
  return {
    name: `tinc, ${title}`,
    needs: ["tincd"],
    async start(lab) {
      const folder = writeConfiguration(options);
      const daemon = (host: Host) =>
        lab.spawn(host, [
          "tincd",
          "-D",
          "-d2",
          "-c",
          join(folder, host),
          `--pidfile=${join(folder, `${host}.pid`)}`,
        ]);
      const b = daemon("b");
      await b.waitFor(/Ready/);
      const a = daemon("a");
      await Promise.all([a, b].map((child) => child.waitFor(/Connection with \S+ .* activated/)));
      await address(lab, "tap0");
      return tunnelOver("tap0", [a, b]);
    },
  };
}

function writeConfiguration(options: string): string {
  const folder = temporaryFolder();
  const keys = makeKeys();
  for (const host of ["a", "b"] as const) {
    mkdirSync(join(folder, host, "hosts"), { recursive: true });
    const dial = host === "a" ? "ConnectTo = b\n" : "";
    const config = `Name = ${host}\nMode = switch\nDeviceType = tap\nInterface = tap0\n${dial}`;
    writeFileSync(join(folder, host, "tinc.conf"), config);
    writeFileSync(join(folder, host, "rsa_key.priv"), keys[host].privateKey, { mode: 0o600 });
    for (const peer of ["a", "b"] as const)
      writeFileSync(
        join(folder, host, "hosts", peer),
        `Address = ${UNDERLAY[peer]}\n${options}${keys[peer].publicKey}`,
      );
  }
  return folder;
}

interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

let made: Record<Host, KeyPair> | undefined;

function makeKeys(): Record<Host, KeyPair> {
  made ??= { a: makeKeyPair(), b: makeKeyPair() };
  return made;
}

function makeKeyPair(): KeyPair {
  const options = { encoding: "utf8", stdio: "pipe" } as const;
  const privateKey = execFileSync("openssl", ["genrsa", "-traditional", "2048"], options);
  const publicKey = execFileSync("openssl", ["rsa", "-RSAPublicKey_out"], { ...options, input: privateKey });
  return { privateKey, publicKey };
}

/** A certificate authority in a folder, made with the openssl program. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprintOf } from "../../src/session/fingerprint.js";
import type { Identity } from "../../src/session/identity.js";

const CONFIG = `[ca]
default_ca=main
[main]
dir=.
database=./index.txt
serial=./serial
new_certs_dir=.
default_md=sha256
default_days=30
default_crl_days=30
policy=any
copy_extensions=copy
crl_extensions=crl
[crl]
[any]
organizationName=optional
organizationalUnitName=optional
commonName=supplied
`;

export class OwnCa {
  readonly #folder: string;

  constructor(folder: string, name = "Lab CA") {
    this.#folder = folder;
    writeFileSync(join(folder, "ca.cnf"), CONFIG);
    writeFileSync(join(folder, "index.txt"), "");
    writeFileSync(join(folder, "serial"), "1000\n");
    this.#openssl(
      "req",
      "-x509",
      ...NEW_KEY,
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-subj",
      `/CN=${name}`,
      "-days",
      "30",
    );
    this.writeCrl();
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Issues a certificate; `subject` as "/CN=alice/OU=blue". */
  issue(file: string, subject: string, altName?: string): Identity {
    const extension = altName === undefined ? [] : ["-addext", `subjectAltName=${altName}`];
    this.#openssl(
      "req",
      ...NEW_KEY,
      "-keyout",
      `${file}.key`,
      "-out",
      `${file}.csr`,
      "-subj",
      subject,
      ...extension,
    );
    this.#openssl(
      "ca",
      "-batch",
      "-notext",
      "-config",
      "ca.cnf",
      ...CA_FILES,
      "-in",
      `${file}.csr`,
      "-out",
      `${file}.pem`,
    );
    const key = readFileSync(this.path(`${file}.key`), "utf8");
    const certificate = readFileSync(this.path(`${file}.pem`), "utf8");
    return { key, certificate, fingerprint: fingerprintOf(createPublicKey(createPrivateKey(key))) };
  }

  /** Revokes a certificate, and writes the new list. */
  revoke(file: string): void {
    this.#openssl("ca", "-config", "ca.cnf", ...CA_FILES, "-revoke", `${file}.pem`);
    this.writeCrl();
  }

  writeCrl(): void {
    this.#openssl("ca", "-config", "ca.cnf", ...CA_FILES, "-gencrl", "-out", "crl.pem");
  }

  #openssl(...args: string[]): void {
    const { status, stderr } = spawnSync("openssl", args, { cwd: this.#folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
    appendFileSync(join(this.#folder, "log"), stderr);
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const CA_FILES = ["-keyfile", "ca.key", "-cert", "ca.pem"];

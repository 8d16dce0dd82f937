/** Puts a script where Wireshark looks for capture programs, and takes it away again. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, TapswitchError } from "../../errors.js";
import { packageFile } from "../../package-file.js";

const ENTRY = packageFile("bin/tapswitch-extcap.js");
const MARK = "# Made by 'tapswitch extcap install'.";
const NAME = "tapswitch";

/** The folder that Wireshark searches: this user's where there is one, else everybody's. Throws `missing`. */
export function extcapFolder(): string {
  const { stdout } = spawnSync("tshark", ["-G", "folders"], { encoding: "utf8" });
  const folder = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s*(\\S.*)$`, "mi").exec(stdout ?? "")?.[1];
  const everybodys = folder("(?:Global )?Extcap path");
  const found = process.geteuid!() === 0 ? everybodys : (folder("Personal Extcap path") ?? everybodys);
  if (found !== undefined) return found;
  const fix = "install tshark, or give the folder that Wireshark's 'About, Folders' names, by --dir";
  throw new TapswitchError("missing", `cannot ask tshark where Wireshark looks: ${fix}`);
}

/** Where the script is, or would be. */
export function scriptPath(folder: string): string {
  return join(folder, NAME);
}

/** Whether it is there, and ours. */
export function isInstalled(folder: string): boolean {
  try {
    return readFileSync(scriptPath(folder), "utf8").includes(MARK);
  } catch {
    return false;
  }
}

/** `sockets` are those in unusual places. Throws `in-use`, `no-permission`. */
export function install(folder: string, sockets: readonly string[]): void {
  const path = scriptPath(folder);
  const more = sockets.map((socket) => ` --socket ${quoted(socket)}`).join("");
  const script = `#!/bin/sh\n${MARK}\nexec ${quoted(process.execPath)} ${quoted(ENTRY)}${more} "$@"\n`;
  refuseOthers(folder);
  change(path, () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, script, { mode: 0o755 });
    chmodSync(path, 0o755);
  });
}

/** False where there is none. Throws `in-use`, `no-permission`. */
export function uninstall(folder: string): boolean {
  refuseOthers(folder);
  if (!isInstalled(folder)) return false;
  change(scriptPath(folder), () => rmSync(scriptPath(folder)));
  return true;
}

function refuseOthers(folder: string): void {
  const path = scriptPath(folder);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return; // there is none
  }
  if (text.includes(MARK)) return;
  throw new TapswitchError(
    "in-use",
    `'${path}' is another program's: remove it, or give --dir another folder`,
  );
}

function change(path: string, make: () => void): void {
  try {
    make();
  } catch (cause) {
    const denied = ["EACCES", "EPERM", "EROFS"].includes(errnoOf(cause) ?? "");
    const why = `cannot change '${path}' (${errnoOf(cause)}): run as root, or give --dir a folder of your own`;
    throw new TapswitchError(denied ? "no-permission" : "system", why, { cause });
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

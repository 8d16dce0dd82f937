/** fastd in TAP mode, straight between a and b over UDP, with keys made for this one run. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { address, type TunnelKind, temporaryFolder, tunnelOver, UNDERLAY } from "./tunnel.js";

const PORT = 10_000;

export const fastdNull = fastd("null");
/** The method its documentation recommends first. */
export const fastdDefault = fastd("salsa2012+umac");

function fastd(method: string): TunnelKind {
  return {
    name: `fastd, ${method}`,
    needs: ["fastd"],
    async start(lab) {
      const files = writeConfiguration(method);
      const children = (["a", "b"] as const).map((host) => lab.spawn(host, ["fastd", "-c", files[host]]));
      await Promise.all(children.map((child) => child.waitFor(/connection .* established/, 20_000)));
      await address(lab, "tap0");
      return tunnelOver("tap0", children);
    },
  };
}

function writeConfiguration(method: string): Record<"a" | "b", string> {
  const folder = temporaryFolder();
  const keys = { a: makeKeyPair(), b: makeKeyPair() };
  const write = (own: "a" | "b", other: "a" | "b"): string => {
    const file = join(folder, `${own}.conf`);
    const local = `mode tap; interface "tap0"; mtu 1406; bind ${UNDERLAY[own]}:${PORT};`;
    const remote = `peer "${other}" { key "${keys[other].public}"; remote ${UNDERLAY[other]}:${PORT}; }`;
    writeFileSync(
      file,
      `${local}\nmethod "${method}"; secret "${keys[own].secret}"; log level info;\n${remote}\n`,
    );
    return file;
  };
  return { a: write("a", "b"), b: write("b", "a") };
}

function makeKeyPair(): { readonly secret: string; readonly public: string } {
  const said = execFileSync("fastd", ["--generate-key"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [secret = "", key = ""] = [...said.matchAll(/: ([0-9a-f]{64})/g)].map((match) => match[1]!);
  return { secret, public: key };
}

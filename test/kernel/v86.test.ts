/** A guest in v86, as people run it in their browsers, whose network device connects by WebSocket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelTest } from "../support/kernel.js";
import { join, overlay, ping, SERVER_URL, serve, tables, underlay } from "../support/kernel-network.js";
import { bootV86, V86_LACKS, V86_NEEDS } from "../support/v86.js";

const LISTEN = ["--listen", `${SERVER_URL}?raw=yes`, "--listen", "ws://10.9.0.1:9622?name=v86", "--insecure"];
const MAC = "02:00:00:00:08:86";
const A = overlay("a").v4;

if (V86_LACKS.length > 0)
  test("a guest in v86", { skip: process.env["CI"] ? false : V86_LACKS.join(" ") }, () => {
    throw new Error(`kernel tests must run here, but: ${V86_LACKS.join(" ")}`);
  });
else
  kernelTest(
    "a guest in v86 and a host with a TAP device ping each other",
    { needs: V86_NEEDS, timeoutMs: 240_000 },
    async (lab) => {
      await underlay(lab, ["a", "b"]);
      const server = await serve(lab, ...LISTEN);
      await join(lab, "a");
      const guest = await bootV86(lab, "b", {
        relay: "ws://10.9.0.1:9622/",
        mac: MAC,
        ip: "10.10.0.86/24",
        command: `until ping -c 1 -W 5 ${A} > /dev/null; do :; done; echo "pinged $(ping -c 3 -W 30 ${A} | grep -c 'bytes from')"`,
      });
      await guest.waitFor(/pinged 3/, 120_000);
      await ping(lab, "a", "10.10.0.86");
      const { macs } = await tables(server);
      assert.equal(macs[MAC], "v86");
    },
  );

/** TAP devices held to the contract of links: a packet socket on the device stands for the host behind it. */
import { writeFileSync } from "node:fs";
import { NicDevice } from "../../src/link/nic-device.js";
import { TapLink } from "../../src/link/tap.js";
import { TapDevice } from "../../src/link/tap-device.js";
import { type LinkUnderTest, linkContract } from "../contracts/link.contract.js";
import { ip, kernelTests } from "../native/namespace.js";
import { records, split } from "../support/peers.js";

/** The largest that a TAP has. */
const MTU = 65_521;

async function make(offload: boolean): Promise<LinkUnderTest> {
  writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  const device = TapDevice.open({ mtu: MTU, offload });
  const host = NicDevice.open(device.name);
  const frames: Buffer[] = [];
  const room = Buffer.alloc(1 << 20);
  const read = (): void => {
    try {
      const end = host.read(room, 0);
      frames.push(...split(room.subarray(0, end)).records.map(({ payload }) => payload));
    } catch {
      host.release(); // The device went with the link.
    }
  };
  host.watch(read).start();
  return {
    link: new TapLink(device),
    far: {
      send: (sent) => {
        const bytes = records(...sent);
        host.write(bytes, 0, bytes.length);
      },
      frames: () => frames,
      vanish: () => void ip(`link del ${device.name}`),
    },
    close: () => {
      host.release();
      device.release();
    },
  };
}

kernelTests(import.meta.url, () => {
  for (const offload of [true, false])
    linkContract(`tap, ${offload ? "with" : "without"} offload,`, {
      make: () => make(offload),
      sizes: [14, 59, 60, 1_514, 9_014, 65_535],
    });
});

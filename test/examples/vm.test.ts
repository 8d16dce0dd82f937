/** Examples for VMs: what they say of sockets and devices is what the README says, and what QEMU is given by it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseEndpoint } from "../../src/config/endpoint/endpoint.js";
import { KINDS } from "../../src/config/endpoint/kinds.js";
import { parseJoinConfig } from "../../src/config/join-config.js";
import { qemuLines } from "../support/libvirt.js";

const ROOT = new URL("../../../", import.meta.url);
const README = readFileSync(new URL("README.md", ROOT), "utf8");

/** Fails unless each element is closed, in the order that XML wants. */
function checkElements(xml: string): void {
  const open: string[] = [];
  const text = xml.replaceAll(/<!--(?:(?!--)[\s\S])*-->/g, "");
  assert.doesNotMatch(text, /<!--|-->/, "a comment within a comment, or '--' in one");
  for (const [, end, name, attributes, empty] of text.matchAll(
    /<(\/?)([\w:]+)((?:\s+[\w:]+='[^'<]*')*)\s*(\/?)>/g,
  )) {
    if (end === "/") assert.equal(open.pop(), name);
    else if (empty !== "/") open.push(name!);
    if (name === "domain" && end === "")
      assert.match(attributes!, /xmlns:qemu='http:\/\/libvirt\.org\/schemas/);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(text.replaceAll(/<\/?[\w:]+(?:\s+[\w:]+='[^'<]*')*\s*\/?>/g, ""), /[<>&]/);
}

test("the libvirt domain is well-formed, and hands QEMU the socket that the README's join listens at", () => {
  checkElements(readFileSync(new URL("examples/libvirt-domain.xml", ROOT), "utf8"));
  const [flag, netdev, , device] = qemuLines();
  const url = /--listen '(unix:[^']+)'/.exec(README.slice(README.indexOf("### VMs and wires")))![1]!;
  const endpoint = parseEndpoint(url, "listen");
  assert.equal(flag, "-netdev");
  assert.match(
    netdev!,
    new RegExp(`^stream,id=lan,addr\\.type=unix,addr\\.path=${"path" in endpoint && endpoint.path},`),
  );
  assert.match(device!, /^virtio-net-pci,netdev=lan,mac=02:/);
});

test("a check of elements finds what is wrong", () => {
  for (const wrong of ["<a><b></a>", "<a>", "<a/></a>", "<a>&</a>", "<a b=c/>", "<a><!-- x -- y --></a>"])
    assert.throws(() => checkElements(wrong), wrong);
});

test("Firecracker opens the TAP that the README makes, on the bridge of a join", () => {
  const machine = JSON.parse(readFileSync(new URL("examples/firecracker.json", ROOT), "utf8")) as {
    readonly "network-interfaces": readonly { readonly host_dev_name: string; readonly guest_mac: string }[];
  };
  const [lan] = machine["network-interfaces"];
  assert.match(
    README,
    new RegExp(`ip tuntap add ${lan!.host_dev_name} mode tap .*ip link set ${lan!.host_dev_name} master br0`),
  );
  assert.match(lan!.guest_mac, /^02(:[0-9a-f]{2}){5}$/);
  const [, url, bridge] = /tapswitch join (tls:\S+) --bridge (\S+)/.exec(
    README.slice(README.indexOf("ip tuntap add fc0")),
  )!;
  assert.equal(parseJoinConfig({ server: url, bridge }).bridge, "br0");
});

test("the README says of each kind of endpoint what it is for", () => {
  const words = { server: "join", listen: "listen", attach: "attach" } as const;
  const rows = [...README.matchAll(/^\| ((?:`[a-z]+:[^`]*`(?:, )?)+) \| ([a-z, ]+) \|/gm)];
  const said = new Map(
    rows.flatMap(([, names, roles]) =>
      [...names!.matchAll(/`([a-z]+):/g)].map(([, kind]) => [kind!, roles!.split(", ")] as const),
    ),
  );
  for (const [kind, { roles }] of Object.entries(KINDS))
    assert.deepEqual(
      said.get(kind),
      roles.map((role) => words[role]),
      kind,
    );
});

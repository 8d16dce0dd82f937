import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findTarget, listSources } from "../../../src/cli/extcap/sources.js";
import { temporaryFolder } from "../../support/server.js";

type Answers = Readonly<Record<string, unknown>>;

const ANSWERS: Answers = {
  "/v1/networks": [{ name: "blue" }, { name: "red" }],
  "/v1/ports": [
    { network: "blue", name: "web", id: 1 },
    { network: "blue", name: "10.0.0.1:4000 {x}", id: 2 },
  ],
};

/** A control socket with these answers; its path. */
async function socket(t: TestContext, name: string, answers: Answers = ANSWERS): Promise<string> {
  const path = join(temporaryFolder(t), name);
  const server = createServer(({ url = "" }, response) => response.end(JSON.stringify(answers[url])));
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  t.after(() => server.close());
  return path;
}

/** Only what this test has put there: other processes may run on this machine. */
const ours = async (paths: readonly string[], label: string) =>
  (await listSources(paths)).filter(({ id }) => id.endsWith(label));

test("lists each network and each port, under names that Wireshark takes", async (t) => {
  const path = await socket(t, "unusual.sock");
  assert.deepEqual(await ours([path], "@unusual"), [
    { id: "tapswitch:blue@unusual", display: "tapswitch: all of blue, unusual" },
    { id: "tapswitch:blue:web@unusual", display: "tapswitch: web (blue, unusual)" },
    { id: "tapswitch:blue:2@unusual", display: "tapswitch: 10.0.0.1:4000  x  (blue, unusual)" },
    { id: "tapswitch:red@unusual", display: "tapswitch: all of red, unusual" },
  ]);
});

test("finds what it has listed, also where two sockets have one name", async (t) => {
  const [one, other] = [await socket(t, "twin.sock"), await socket(t, "twin.sock")];
  const expected = { socket: other, network: "blue", port: "web" };
  assert.deepEqual(findTarget("tapswitch:blue:web@twin.2", [one, other]), expected);
  assert.deepEqual(findTarget("tapswitch:red@twin", [one, other]), {
    socket: one,
    network: "red",
    port: undefined,
  });
  for (const id of ["tapswitch:blue@elsewhere", "tapswitch:", "eth0", "tapswitch:a:b:c@twin"])
    assert.equal(findTarget(id, [one]), null, id);
});

test("leaves out a socket at which nobody answers, or something else does", async (t) => {
  const odd = await socket(t, "odd.sock", { "/v1/networks": "?" });
  assert.deepEqual(await ours([join(temporaryFolder(t), "gone.sock")], "@gone"), []);
  assert.deepEqual(await ours([odd], "@odd"), []);
});

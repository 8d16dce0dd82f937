/** The web page of a real server in a real browser: what happens on the wire is seen there within two seconds. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import type { Locator, Page } from "playwright-core";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { openPage } from "../support/browser.js";
import { kernelTest } from "../support/kernel.js";
import { join, serve, underlay } from "../support/kernel-network.js";

const SEEN_MS = 2_000;
const MAC_A = "02:00:00:00:0a:01";
const MAC_A_AFTERWARDS = "02:00:00:00:0a:02";
const MAC_B = "02:00:00:00:0b:01";

/** What the browser itself says of the filter that is refused on purpose. */
const WRONG_FILTER =
  "console: Failed to load resource: the server responded with a status of 400 (Bad Request)";

async function pageUrl(server: Child): Promise<string> {
  await server.waitFor(/web page and metrics on \S+/, 10_000);
  return /web page and metrics on (https?:\S+\/)/.exec(server.output)![1]!;
}

const row = (page: Page, name: string): Locator =>
  page.locator("li.port", { has: page.locator(`.name:text-is("${name}")`) });

/** Fails unless it is there within two seconds from now. */
async function seen(what: Locator): Promise<void> {
  await what.first().waitFor({ state: "visible", timeout: SEEN_MS });
}

async function setMac(lab: Lab, host: string, mac: string): Promise<void> {
  await lab.ip(host, "link", "set", "dev", "tap0", "address", mac);
}

kernelTest(
  "the page shows a port join, its traffic and a MAC move within two seconds, and is used by keyboard",
  { needs: ["chromium"] },
  async (lab) => {
    await underlay(lab, ["a", "b"]);
    const server = await serve(lab, "--http", "127.0.0.1:0");
    const { page, wrongs, close } = await openPage(lab, "s", await pageUrl(server));
    try {
      await seen(page.getByText("tapswitch join tcp://10.9.0.1:9621 --ip 10.10.0.1/24"));

      await join(lab, "a", ["--mac", MAC_A]);
      await seen(row(page, "a"));
      await join(lab, "b", ["--mac", MAC_B]);
      await seen(row(page, "b"));

      const ping = lab.spawn("a", ["ping", "-i", "0.002", "-s", "1400", "10.10.0.2"]);
      await ping.waitFor(/bytes from/, 5_000);
      await seen(row(page, "a").locator(".rate.in", { hasText: /[kM]bit/ }));
      await seen(row(page, "a").locator(".host", { hasText: `10.10.0.1${MAC_A}` }));
      ping.kill();

      await setMac(lab, "a", MAC_A_AFTERWARDS);
      await setMac(lab, "b", MAC_A);
      await lab.run("b", ["ping", "-c", "1", "-W", "1", "10.10.0.1"]);
      await seen(row(page, "b").locator(".host", { hasText: MAC_A }));
      await seen(page.locator("#event-list li", { hasText: "mac-moved" }));

      await useByKeyboard(page);
      await capture(lab, page);
      assert.deepEqual(wrongs, [WRONG_FILTER]);
    } finally {
      await close();
    }
  },
);

kernelTest(
  "from another host the page is shown to who has the token, encrypted, and to nobody else",
  { needs: ["chromium"] },
  async (lab) => {
    const folder = mkdtempSync(joinPath(tmpdir(), "tapswitch-token-"));
    const [token, file] = ["0123456789abcdef", joinPath(folder, "token")];
    writeFileSync(file, token, { mode: 0o600 });
    try {
      await underlay(lab, ["a"]);
      const server = await serve(lab, "--state", folder, "--http", `10.9.0.1:0?token=${file}`);
      const url = await pageUrl(server);
      assert.match(url, /^https:/);
      await opened(lab, url, { password: token, shows: "tapswitch join" });
      await opened(lab, url, { password: "0123456789abcdeF", shows: "a token is needed" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

interface Shown {
  readonly password: string;
  readonly shows: string;
}

/** As a user who accepts the certificate and types the password. */
async function opened(lab: Lab, url: string, { password, shows }: Shown): Promise<void> {
  const answers = { ignoreHTTPSErrors: true, httpCredentials: { username: "", password } };
  const { page, wrongs, close } = await openPage(lab, "a", url, answers);
  try {
    await page.getByText(shows).first().waitFor({ state: "visible", timeout: 10_000 });
    assert.deepEqual(
      wrongs.filter((wrong) => !wrong.includes("401 (Unauthorized)")),
      [],
    );
  } finally {
    await close();
  }
}

async function useByKeyboard(page: Page): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type("b");
  await row(page, "a").waitFor({ state: "detached", timeout: SEEN_MS });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.tagName"), "SUMMARY");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await seen(page.locator("#traffic-title:text-is('b')"));
  await seen(page.locator("#facts", { hasText: "csum" }));
  await page.keyboard.press("Escape");
  await seen(page.locator("#traffic-title:text-is('Throughput, all ports')"));
  await page.locator("#theme").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(14, 19, 24)");
}

async function capture(lab: Lab, page: Page): Promise<void> {
  await page.locator("#capture-open").press("Enter");
  await page.locator("#capture-form [name=filter]").fill("icmp or");
  await page.keyboard.press("Enter");
  await seen(page.locator("#capture-said", { hasText: /filter/i }));
  await page.locator("#capture-form [name=filter]").fill("icmp");
  await page.keyboard.press("Enter");
  await seen(page.locator("#capture-said", { hasText: /Waiting|^0 frames/ }));
  const downloaded = page.waitForEvent("download", { timeout: 10_000 });
  await lab.run("a", ["ping", "-c", "3", "-i", "0.1", "10.10.0.2"]);
  await seen(page.locator("#capture-said", { hasText: /^[1-9]\d* frames/ }));
  await page.locator("#capture-start").press("Enter");
  const file = readFileSync(await (await downloaded).path());
  assert.equal(file.readUInt32LE(0), 0x0a0d0d0a);
  assert.ok(file.includes("tapswitch"));
}

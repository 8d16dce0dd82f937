/** A browser in a host of the lab, which tells of everything that the page did wrong. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Lab } from "../../src/cli/demo/lab.js";

const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

export interface OpenedPage {
  readonly page: Page;
  /** Errors of the console, of scripts and of the page's policy, and requests to elsewhere. */
  readonly wrongs: string[];
  close(): Promise<void>;
}

/** Opens `url` in a browser of its own, in the host's network. `context`: what the browser would ask its user. */
export async function openPage(
  lab: Lab,
  host: string,
  url: string,
  context: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-browser-"));
  const start = join(folder, "chromium");
  writeFileSync(start, `#!/bin/sh\nexec ip netns exec ${lab.namespace(host)} chromium "$@"\n`);
  chmodSync(start, 0o755);
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    browser = await chromium.launch({
      executablePath: start,
      args: FLAGS,
      env: { ...process.env, HOME: folder },
    });
    const page = await browser.newPage({ viewport: { width: 1_280, height: 900 }, ...context });
    const wrongs: string[] = [];
    watch(page, url, wrongs);
    await page.goto(url);
    return { page, wrongs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function watch(page: Page, url: string, wrongs: string[]): void {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrongs.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => void wrongs.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:"))
      wrongs.push(`asked ${request.url()}`);
  });
}

/** The built page, read once: a few files that name no other server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, TapswitchError } from "../errors.js";
import { packageFile } from "../package-file.js";

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
};

/** Each file by the path that it is asked for by. Throws `missing`. */
export function readPage(folder = packageFile("dist/src/page")): ReadonlyMap<string, PageFile> {
  const read = ([path, [file, type]]: [string, readonly [string, string]]): [string, PageFile] => {
    try {
      return [path, { type, bytes: readFileSync(join(folder, file)) }];
    } catch (cause) {
      const why = `the web page is not built ('${file}', ${errnoOf(cause)}): run 'npm run build'`;
      throw new TapswitchError("missing", why, { cause });
    }
  };
  return new Map(Object.entries(FILES).map(read));
}

/**
 * What every answer carries. Nothing is run or loaded but the page's own files, nothing may show the page in a frame,
 * and nothing is kept by the browser.
 */
export const SAFETY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": [
    ...[
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
    ],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
  ].join("; "),
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

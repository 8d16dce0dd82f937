/**
 * What src/index.ts exports, as declarations: the file test/index.api.txt. Read from the compiler's own output, where each
 * declaration begins at the left margin.
 *
 *     npm run api        writes it anew: when the change is meant
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../src/", import.meta.url));
export const API_FILE = fileURLToPath(new URL("../../../test/index.api.txt", import.meta.url));

/** One paragraph for each export, by name. */
export function apiReport(): string {
  const index = withoutComments(readFileSync(join(DIST, "index.d.ts"), "utf8"));
  const exports = [...index.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g)].flatMap(
    ([, names, module]) =>
      names!.split(",").map((name) => [name.replace("type ", "").trim(), module!] as const),
  );
  const paragraphs = exports
    .filter(([name]) => name !== "")
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, module]) => declarationOf(name, join(DIST, module.replace(/\.js$/, ".d.ts"))));
  return `${paragraphs.join("\n\n")}\n`;
}

function declarationOf(name: string, file: string): string {
  const text = withoutComments(readFileSync(file, "utf8"));
  const parts = text.split(/^(?=(?:export|declare|import|interface|type) )/m);
  const own = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:class|function|interface|type|const) ${name}\\b`,
  );
  const found = parts.filter((part) => own.test(part)).map((part) => part.trim());
  if (found.length > 0) return found.join("\n");
  const again = new RegExp(`export (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from "([^"]+)"`).exec(text);
  if (again === null) throw new Error(`${file} declares no ${name}`);
  return declarationOf(name, join(dirname(file), again[1]!.replace(/\.js$/, ".d.ts")));
}

/** Words about the declarations may change freely. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\n/gm, "");
}

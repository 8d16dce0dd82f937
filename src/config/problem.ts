/** One thing that is wrong with a configuration, where it stands, and what to write instead. */
import { TapswitchError } from "../errors.js";
import { isInviteUrl } from "./invite-url.js";

export interface Problem {
  /** Null for what was given by flag or variable. */
  readonly at: { readonly file: string; readonly line: number; readonly column: number } | null;
  /** What it is about: "serve.listen[0]", "--mtu 'big'", "TAPSWITCH_MTU 'big'". */
  readonly subject: string;
  readonly message: string;
}

/** What would begin a new line, or what a terminal obeys. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** One line: "tapswitch.yaml:3:8: serve.mtu 'big': a whole number from 68 to 69618". */
export function formatProblem({ at, subject, message }: Problem): string {
  const place = at === null ? "" : `${at.file}:${at.line}:${at.column}: `;
  const text = `${place}${subject === "" ? "" : `${subject}: `}${message}`;
  return withoutSecrets(text.replaceAll(UNPRINTABLE, "\ufffd"));
}

/** An error that says all of them, each on its line. */
export function problemsError(problems: readonly Problem[]): TapswitchError {
  return new TapswitchError("usage", problems.map(formatProblem).join("\n"));
}

/** "serve.listen[0]". */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}

/** " 'big'", where showing the value helps: not if it is long, said already, or perhaps an invite. */
export function shownValue(value: unknown, message: string): string {
  const isShort = typeof value === "number" || (typeof value === "string" && value.length <= 60);
  if (!isShort || message.includes(`'${value}'`) || isInviteUrl(String(value))) return "";
  return ` '${value}'`;
}

/** An invite's code may stand in a URL that is wrong in another way. */
function withoutSecrets(text: string): string {
  return text.replaceAll(/\bcode=[^&\s']+/g, "code=(hidden)");
}

/** The text of an endpoint while it is read: its parts, decoded, and one way to say what is wrong with it. */
import { TapswitchError } from "../../errors.js";
import type { Role } from "./role.js";

export interface UrlContext {
  readonly role: Role;
  /** Endpoints that would be right. */
  readonly examples: readonly string[];
}

export class EndpointUrl {
  readonly role: Role;
  readonly #text: string;
  readonly #examples: readonly string[];
  readonly #url: URL;

  /** Throws `bad-endpoint`. */
  constructor(text: string, { role, examples }: UrlContext) {
    this.#text = text;
    this.role = role;
    this.#examples = examples;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) throw this.wrong("no kind");
    try {
      this.#url = new URL(text);
    } catch (error) {
      throw this.wrong("host or port cannot be read", error);
    }
    if (this.#url.username !== "" || this.#url.password !== "" || this.#url.hash !== "")
      throw this.wrong("an endpoint has no user, password or fragment");
  }

  /** "tcp" of "TCP://host". */
  get kind(): string {
    return this.#url.protocol.slice(0, -1);
  }

  /** Without the brackets of IPv6; empty where there is none. */
  get host(): string {
    return this.#url.hostname.replace(/^\[|\]$/g, "");
  }

  /** Null where there is none. */
  get port(): number | null {
    return this.#url.port === "" ? null : Number(this.#url.port);
  }

  /** What stands between host and options: "/run/a.sock" of "unix:///run/a.sock", "tap0" of "tap:tap0". */
  get path(): string {
    try {
      return decodeURIComponent(this.#url.pathname);
    } catch (error) {
      throw this.wrong("a percent sign that encodes nothing", error);
    }
  }

  /** What stands between kind and options, decoded but otherwise as it was written: a command keeps its dots and slashes. */
  get verbatim(): string {
    const written = this.#text.slice(this.#text.indexOf(":") + 1).replace(/[?].*$/s, "");
    try {
      return decodeURIComponent(written);
    } catch (error) {
      throw this.wrong("a percent sign that encodes nothing", error);
    }
  }

  /** Names of the options, each once. Throws where one is given twice. */
  get optionNames(): string[] {
    const names = [...this.#url.searchParams.keys()];
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) throw this.wrong(`option '${twice}' is given twice`);
    return names;
  }

  /** What an option says; undefined where it is absent. */
  option(name: string): string | undefined {
    return this.#url.searchParams.get(name) ?? undefined;
  }

  /** What an option says; undefined where it is absent or empty. */
  filled(name: string): string | undefined {
    return this.option(name) || undefined;
  }

  /** Throws unless it is absent or says yes or no. */
  yesNo(name: string): boolean | undefined {
    const value = this.option(name);
    if (value !== undefined && value !== "yes" && value !== "no")
      throw this.wrong(`${name} is '${value}', not yes or no`);
    return value === undefined ? undefined : value === "yes";
  }

  /** The path of a file or socket, which starts with a slash. Throws where there is none. */
  filePath(what: string): string {
    if (this.host !== "") throw this.wrong(`${what} starts with a slash: write three of them`);
    const { path } = this;
    if (!path.startsWith("/") || path === "/") throw this.wrong("no path");
    if (path.includes("\0")) throw this.wrong("a path has no zero byte");
    return path;
  }

  /** The error that says what is wrong, and what would be right. */
  wrong(why: string, cause?: unknown): TapswitchError {
    // Someone may have made it out of an invite.
    const shown = this.#text.replace(/(code=)[^&#]*/gi, "$1...");
    return new TapswitchError(
      "bad-endpoint",
      `endpoint '${shown}': ${why}; write it as in ${this.#examples.join(" or ")}`,
      { cause },
    );
  }
}

/** A path as it stands in a URL. */
export function pathInUrl(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/**
 * Rules about what may come in through a port, in the language of capture filters: the first one that fits a frame
 * decides, and what none fits may pass. Each counts what it has decided.
 */
import { TapswitchError } from "../../errors.js";
import type { DropReason } from "../../frame/drop-reason.js";
import { Filter } from "../../frame/filter.js";
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { RecordKind } from "../../frame/record.js";
import type { PolicedPort, Policy } from "../policy.js";

/** Each rule costs every frame some nanoseconds. */
export const MAX_RULES = 64;

export interface AccessRule {
  readonly action: "allow" | "deny";
  /** As it was written. */
  readonly text: string;
  /** Frames that it has decided about. */
  readonly hits: number;
}

interface Rule extends AccessRule {
  /** Null: every frame. */
  readonly filter: Filter | null;
  hits: number;
}

export class AccessList implements Policy {
  readonly #rules: readonly Rule[];

  /** Takes rules such as "deny udp port 53", "allow arp" and, for all that is left, "deny". Throws `usage`. */
  constructor(rules: readonly string[]) {
    if (rules.length > MAX_RULES)
      throw new TapswitchError("usage", `${rules.length} rules: a port has ${MAX_RULES} at most`);
    this.#rules = rules.map(parseRule);
  }

  get rules(): readonly AccessRule[] {
    return this.#rules.map(({ action, text, hits }) => ({ action, text, hits }));
  }

  admit(_port: PolicedPort, frame: FrameCursor): DropReason | null {
    // What its checksum will be written over is not what will be received.
    if (frame.kind === RecordKind.offload && (frame.classes & FrameClass.opaque) !== 0) return "acl";
    for (let index = 0; index < this.#rules.length; index++) {
      const rule = this.#rules[index]!;
      if (rule.filter !== null && !rule.filter.matchesFrame(frame)) continue;
      rule.hits++;
      return rule.action === "deny" ? "acl" : null;
    }
    return null;
  }
}

function parseRule(text: string): Rule {
  const [, action, expression = ""] = /^\s*(allow|deny)(?:\s+(.*\S))?\s*$/s.exec(text) ?? [];
  if (action !== "allow" && action !== "deny") {
    throw new TapswitchError(
      "usage",
      `'${text}' is no rule: write 'allow' or 'deny' and a filter, as 'deny udp port 53'`,
    );
  }
  return { action, text: text.trim(), hits: 0, filter: expression === "" ? null : new Filter(expression) };
}

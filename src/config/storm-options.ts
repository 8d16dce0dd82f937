/** How much a port may send to everybody: settings of ports. What they mean is in `switch/storm/storm-limits.ts`. */
import { z } from "zod";
import { TapswitchError } from "../errors.js";
import { DEFAULT_STORM_LIMITS, type STORM_KINDS, type StormBound } from "../switch/storm/storm-limits.js";
import { ABOUT } from "./about.js";
import { parsed, whole } from "./fields.js";
import { formatRate, parseRate } from "./units.js";

const NONE: StormBound = { frames: Number.POSITIVE_INFINITY, bits: Number.POSITIVE_INFINITY };

/** Reads "10000" frames a second, "10000/100mbit", or "off". Throws `usage`. */
export function parseBound(text: string): StormBound {
  if (text === "off") return NONE;
  const [, frames, rate] = /^(\d{1,9})(?:\/(.+))?$/.exec(text) ?? [];
  if (frames === undefined)
    throw new TapswitchError(
      "usage",
      `'${text}' is no bound: write frames a second, as 10000 or 10000/100mbit, or off`,
    );
  return { frames: Number(frames), bits: rate === undefined ? NONE.bits : parseRate(rate) };
}

export function formatBound({ frames, bits }: StormBound): string {
  if (!Number.isFinite(frames)) return "off";
  return Number.isFinite(bits) ? `${frames}/${formatRate(bits)}` : String(frames);
}

function bound(kind: (typeof STORM_KINDS)[number], what: string) {
  const otherwise = formatBound(DEFAULT_STORM_LIMITS[kind]);
  return z
    .union([z.string(), z.number().transform(String)])
    .pipe(parsed(parseBound))
    .optional()
    .register(ABOUT, {
      description: `${what} that may come in through it, in frames a second and a rate, or off (default: ${otherwise})`,
      value: "bound",
      show: formatBound,
    });
}

export const STORM_OPTIONS = {
  stormBroadcast: bound("broadcast", "broadcasts"),
  stormMulticast: bound("multicast", "multicasts"),
  stormUnknown: bound("unknown", "frames to unknown addresses"),
  stormShut: whole(0, 86_400).optional().register(ABOUT, {
    description: "seconds for which a storm shuts the port; 0: what is beyond is dropped, and nothing else",
    value: "seconds",
  }),
};

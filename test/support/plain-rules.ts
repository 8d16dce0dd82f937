/** What is in order and what is not, said again without the schemas of `src`, for tests that compare the two. */
import { isIP } from "node:net";

type Fields = Readonly<Record<string, unknown>>;
type Rule = (value: unknown) => boolean;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

/** A name of a network, a member or a port. */
export const isName: Rule = (value) =>
  isText(1, 63)(value) &&
  [...(value as string)].every((one, at) => (LETTERS + DIGITS + (at === 0 ? "" : "._-")).includes(one));

/** A hello that may be answered with a welcome. */
export const isHello: Rule = (value) =>
  isFields(value) &&
  value["type"] === "hello" &&
  value["version"] === 1 &&
  isText(16, 64)(value["instance"]) &&
  isFields(value["capabilities"]) &&
  maybe(isList(32, isText(0, 16)))(value["capabilities"]["offload"]) &&
  ["network", "name"].every((key) => maybe(isName)(value[key])) &&
  maybe(isText(0, 64))(value["code"]) &&
  maybe(isWhole(68, 69_632))(value["mtu"]) &&
  maybe(isMac)(value["mac"]);

/** A file of members and invites. */
export const isAccess: Rule = (value) =>
  hasOnly(value, {
    version: (one) => one === 1,
    members: isList(10_000, isMember),
    invites: isList(10_000, isInvite),
    revoked: isList(10_000, (one) => hasOnly(one, { id: isId, network: isName })),
  });

function isMember(value: unknown): boolean {
  const optional = { lastSeen: maybe(isInstant), lastFrom: maybe(isText(0, 100)) };
  return hasOnly(value, { id: isId, name: isName, grant: isGrant, enrolledAt: isInstant, ...optional });
}

function isInvite(value: unknown): boolean {
  return hasOnly(value, {
    id: (one) => isText(8, 8)(one) && consistsOf(`${LETTERS + DIGITS}_-`)(one),
    hash: (one) => isText(64, 64)(one) && consistsOf("0123456789abcdef")(one),
    grant: isGrant,
    createdAt: isInstant,
    expiresAt: isInstant,
    uses: isWhole(1, 10_000),
    usedBy: isList(10_000, isId),
  });
}

function isGrant(value: unknown): boolean {
  return hasOnly(value, {
    network: isName,
    name: maybe(isName),
    vlan: maybe(isWhole(1, 4_094)),
    macs: maybe(isList(256, isMac)),
    ips: maybe(isList(256, isRange)),
    macLimit: maybe(isWhole(1, 65_536)),
    rate: maybe(isWhole(8_000, 1e12)),
    sessions: maybe(isWhole(1, 1_000)),
  });
}

function isRange(value: unknown): boolean {
  if (typeof value !== "string" || value.length > 49) return false;
  const [host = "", prefix, ...rest] = value.split("/");
  if (isIP(host) === 0 || host.includes("%") || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = isIP(host) === 4 ? 32 : 128;
  if (!consistsOf(DIGITS)(prefix) || prefix === "" || Number(prefix) > bits) return false;
  // The ranges in these tests end at a group, so the rest of the address must be zeros or left out.
  return Number(prefix) === bits || host.endsWith(".0") || host.endsWith("::");
}

const isId: Rule = (value) => isText(5, 200)(value);

const isMac: Rule = (value) =>
  isText(17, 17)(value) &&
  (value as string)
    .split(":")
    .every((octet) => octet.length === 2 && consistsOf("0123456789abcdef")(octet)) &&
  (value as string).split(":").length === 6;

const isInstant: Rule = (value) => {
  if (typeof value !== "string" || value.length < 20 || !value.endsWith("Z")) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === value.slice(0, 19);
};

function hasOnly(value: unknown, rules: Readonly<Record<string, Rule>>): boolean {
  if (!isFields(value) || Object.keys(value).some((key) => !Object.hasOwn(rules, key))) return false;
  return Object.entries(rules).every(([key, rule]) => rule(value[key]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(least: number, most: number): Rule {
  return (value) => typeof value === "string" && value.length >= least && value.length <= most;
}

function consistsOf(characters: string): Rule {
  return (value) => [...(value as string)].every((one) => characters.includes(one));
}

function isWhole(least: number, most: number): Rule {
  return (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isList(most: number, rule: Rule): Rule {
  return (value) => Array.isArray(value) && value.length <= most && value.every((one) => rule(one));
}

function maybe(rule: Rule): Rule {
  return (value) => value === undefined || rule(value);
}

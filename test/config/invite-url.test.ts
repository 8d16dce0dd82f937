import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatInviteUrl, type InviteUrl, parseInviteUrl } from "../../src/config/invite-url.js";
import { parseDuration, parseRate } from "../../src/config/units.js";
import { createCode, matchesHash } from "../../src/session/invite-code.js";
import { check } from "../support/generated.js";
import { isName } from "../support/plain-rules.js";

const GOOD: InviteUrl = {
  host: "switch.example",
  port: 9621,
  network: "default",
  pin: "5iqvqgijInQmfr-dTP7RFMBPd4T7qYMgd2C9Iy9KgcY",
  code: createCode().code,
};

test("an invite reads as it was written, for names and addresses of both versions", () => {
  for (const host of ["switch.example", "203.0.113.7", "fd00::1", "a-b_c"])
    for (const port of [1, 80, 443, 9621, 65_535])
      assert.deepEqual(parseInviteUrl(formatInviteUrl({ ...GOOD, host, port })), { ...GOOD, host, port });
});

/** Every way to write the invite that is not refused: with or without the usual port, pin and code in any order. */
function writings({ host, port, network, pin, code }: InviteUrl): string[] {
  const shown = host.includes(":") ? `[${host}]` : host;
  const places = port === 9_621 ? [shown, `${shown}:9621`] : [`${shown}:${port}`];
  const options = [`pin=${pin}&code=${code}`, `code=${code}&pin=${pin}`];
  return places.flatMap((place) => options.map((option) => `//${place}/${network}?${option}`));
}

test("a generated change of an invite is refused or reads as what it says; the error never repeats it", () => {
  const url = formatInviteUrl(GOOD);
  const piece = fc.constantFrom(
    "/",
    "//",
    "./",
    "../",
    "%41",
    ":",
    "@",
    "?",
    "&",
    "&pin=",
    "#",
    "[",
    "]",
    "0",
    "\n",
  );
  const put = fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), piece);
  const edit = fc.tuple(fc.nat(url.length), fc.nat(8), put);
  check(
    fc.property(fc.oneof({ weight: 9, arbitrary: edit }, fc.string({ unit: "binary" })), (change) => {
      const text =
        typeof change === "string"
          ? change
          : url.slice(0, change[0]) + change[2] + url.slice(change[0] + change[1]);
      let invite: InviteUrl;
      try {
        invite = parseInviteUrl(text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "bad-invite", String(error));
        assert.equal(String(error).includes(GOOD.code), false);
        return;
      }
      assert.match(text, /^tapswitch:/i);
      assert.ok(writings(invite).includes(text.slice("tapswitch:".length)), text);
      assert.ok(isName(invite.network) && invite.port >= 1 && invite.port <= 65_535);
      assert.ok(Buffer.from(invite.pin, "base64url").length === 32 && invite.pin.length === 43);
      assert.deepEqual(
        invite.code.split(".").map((half) => half.length),
        [8, 22],
      );
    }),
  );
});

test("any generated invite reads as it was written", () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  const port = fc.integer({ min: 1, max: 65_535 });
  check(
    fc.property(host, port, fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/), (at, number, network) => {
      const invite = { ...GOOD, host: at, port: number, network };
      for (const written of writings(invite))
        assert.deepEqual(parseInviteUrl(`tapswitch:${written}`), invite);
    }),
  );
});

test("generated codes match the hash of their own secret only", () => {
  const { code, id, hash } = createCode();
  check(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String({ minLength: 24, maxLength: 24 }).map((text) => `${id}.${text.slice(0, 22)}`),
      ),
      (text) => {
        assert.equal(matchesHash(text, hash), text === code);
      },
    ),
  );
});

test("reads times and rates, and says how to write them", () => {
  assert.deepEqual(
    ["90s", "30m", "24h", "7d"].map(parseDuration),
    [90_000, 1_800_000, 86_400_000, 604_800_000],
  );
  assert.deepEqual(["500kbit", "100mbit", "1.5gbit", "64000bit"].map(parseRate), [5e5, 1e8, 1.5e9, 64_000]);
  for (const text of ["", "0s", "24", "h", "1w", "1e9s", "-1s"])
    assert.throws(() => parseDuration(text), { code: "usage" });
  for (const text of ["", "0bit", "100", "100mbps", "1tbit"])
    assert.throws(() => parseRate(text), { code: "usage" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iptablesPolicies, nftPolicies, readFirewall } from "../../../src/cli/doctor/firewall.js";
import { check } from "../../support/generated.js";

const chain = (hook: string, policy: string) => ({
  chain: { family: "ip", table: "filter", name: "x", hook, policy },
});
const NFT = JSON.stringify({
  nftables: [
    { metainfo: { version: "1.0.6" } },
    chain("forward", "drop"),
    { chain: { name: "own" } },
    chain("input", "accept"),
  ],
});

test("policies are read from nft and from iptables", () => {
  assert.deepEqual(nftPolicies(NFT), ["forward drop", "input accept"]);
  assert.deepEqual(iptablesPolicies("-P INPUT ACCEPT\n-P FORWARD DROP\n-N DOCKER\n"), [
    "input accept",
    "forward drop",
  ]);
});

test("a firewall that nobody may look at is unknown, and why", async () => {
  const said = (failed: string | number) => async () => ({ stdout: "", stderr: "", failed });
  assert.deepEqual(await readFirewall(said("ENOENT")), {
    dropsForwarded: null,
    dropsInput: null,
    why: "no nft is installed",
  });
  assert.match((await readFirewall(said(1))).why!, /only root/);
});

test("one of the two that drops is enough", async () => {
  const nft = async (file: string) =>
    file === "nft"
      ? { stdout: NFT, stderr: "", failed: null }
      : { stdout: "-P INPUT DROP\n", stderr: "", failed: null };
  assert.deepEqual(await readFirewall(nft), { dropsForwarded: true, dropsInput: true });
});

test("generated, cut and mangled output of both is read or left out, never worse", () => {
  check(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.nat(NFT.length), (text, cut) => {
      for (const given of [text, NFT.slice(0, cut), NFT.slice(cut) + text]) {
        assert.ok(Array.isArray(nftPolicies(given)));
        assert.ok(Array.isArray(iptablesPolicies(given)));
      }
    }),
  );
});

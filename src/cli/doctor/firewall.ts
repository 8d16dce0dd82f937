/** The policies of this host's firewall, as nft or iptables tell them to who may ask. */
import { z } from "zod";
import type { readProcess } from "./read-process.js";

export interface Firewall {
  /** Whether packets are dropped unless a rule lets them pass; null: unknown. */
  readonly dropsForwarded: boolean | null;
  readonly dropsInput: boolean | null;
  /** Why it is unknown. */
  readonly why?: string;
}

const Chain = z.object({ chain: z.object({ hook: z.string(), policy: z.string() }) });
const Ruleset = z.object({ nftables: z.array(z.unknown()) });

export async function readFirewall(run: typeof readProcess): Promise<Firewall> {
  const [nft, legacy] = await Promise.all([
    run("nft", ["-j", "list", "chains"]),
    run("iptables-legacy", ["-S"]),
  ]);
  if (nft.failed !== null && legacy.failed !== null) {
    const why = nft.failed === "ENOENT" ? "no nft is installed" : "only root may ask nft";
    return { dropsForwarded: null, dropsInput: null, why };
  }
  const policies = [
    ...(nft.failed === null ? nftPolicies(nft.stdout) : []),
    ...iptablesPolicies(legacy.stdout),
  ];
  const drops = (hook: string): boolean => policies.includes(`${hook} drop`);
  return { dropsForwarded: drops("forward"), dropsInput: drops("input") };
}

/** "forward drop", "input accept" ... of `nft -j list chains`. What is not understood is left out. */
export function nftPolicies(text: string): string[] {
  try {
    return Ruleset.parse(JSON.parse(text)).nftables.flatMap((one) => {
      const { data } = Chain.safeParse(one);
      return data === undefined ? [] : [`${data.chain.hook} ${data.chain.policy}`];
    });
  } catch {
    return [];
  }
}

/** The same of `iptables -S`. */
export function iptablesPolicies(text: string): string[] {
  return [...text.matchAll(/^-P (\w+) (\w+)$/gm)].map(([, chain, policy]) =>
    `${chain} ${policy}`.toLowerCase(),
  );
}

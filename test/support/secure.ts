/** A server that knows its members, and peers that prove who they are. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { parseInviteUrl } from "../../src/config/invite-url.js";

import { type ControlClient, connectControl } from "../../src/control/control-client.js";
import { type Grant, openGrant } from "../../src/session/grant.js";
import { createIdentity, type Identity } from "../../src/session/identity.js";
import { Peer } from "./peers.js";
import { TestServer } from "./server.js";

/** One for all tests that do not care: making one takes time. */
export const SOMEONE = createIdentity();

export interface SecureServer {
  readonly test: TestServer;
  readonly folder: string;
  readonly desk: ControlClient;
  /** A new invite's code. */
  code(grant?: Partial<Grant>, terms?: { uses?: number; expiresMs?: number }): Promise<string>;
  /** Connects with an identity, and says nothing yet. */
  connect(identity?: Identity | null, options?: ConnectionOptions): Promise<Peer>;
  /** Connects and says hello; the first answer. */
  hello(
    identity: Identity,
    fields: Record<string, unknown>,
  ): Promise<{ peer: Peer; answer: Record<string, unknown> }>;
}

export async function secureServer(
  t: TestContext,
  config: Record<string, unknown> = {},
): Promise<SecureServer> {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
  const test = await TestServer.start(t, { listen: ["tls://127.0.0.1:0"], state: folder, ...config });
  // Behind the server's own end, which still writes there.
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const desk = (await connectControl(join(folder, "control.sock")))!;
  const dial = async (identity: Identity | null = SOMEONE, options: ConnectionOptions = {}): Promise<Peer> =>
    new Peer(await tlsConnect(test.port(), identity, options));
  return {
    test,
    folder,
    desk,
    code: async (grant = {}, { uses = 1, expiresMs = 60_000 } = {}) => {
      const request = { grant: { ...openGrant("default"), ...grant }, uses, expiresMs };
      return parseInviteUrl((await desk.invite(request)).url).code;
    },
    connect: dial,
    hello: async (identity, fields) => {
      const peer = await dial(identity);
      peer.say(helloOf(fields));
      return { peer, answer: await peer.heard() };
    },
  };
}

let instances = 0;

/** A hello that is in order, changed by `fields`. */
export function helloOf(fields: Record<string, unknown>): Record<string, unknown> {
  const instance = `secure-instance-${String(++instances).padStart(6, "0")}`;
  return { type: "hello", version: 1, instance, capabilities: { offload: [] }, ...fields };
}

/** A finished handshake from our side; the server may still think otherwise. */
export function tlsConnect(
  port: number,
  identity: Identity | null,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const proof = identity === null ? {} : { key: identity.key, cert: identity.certificate };
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...proof, ...options });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

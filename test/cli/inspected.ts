/** A process to look into that is none: it answers what the test wants. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Api } from "../../src/control/api.js";
import { ControlServer } from "../../src/control/control-server.js";
import { HttpApi } from "../../src/control/http-api.js";
import { temporaryFolder } from "../support/server.js";

/** Starts to answer; ends with the test. The path of its socket. */
export async function inspected(
  t: TestContext,
  calls: Api["calls"],
  streams: Api["streams"] = {},
): Promise<{ path: string; close(): void }> {
  const path = join(temporaryFolder(t), "control.sock");
  const api: Api = { calls, streams, lacks: (name) => `this process answers no '${name}'` };
  const failed = (error: unknown): void => t.diagnostic(String(error));
  const server = await ControlServer.open({ path, http: new HttpApi({ api, failed }) });
  t.after(() => server.close());
  return { path, close: () => server.close() };
}

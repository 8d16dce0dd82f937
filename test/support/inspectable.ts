/** A server that can be asked. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ControlClient, connectControl } from "../../src/control/control-client.js";
import { TestServer, temporaryFolder } from "./server.js";

export async function inspectable(
  t: TestContext,
  config: Record<string, unknown> = {},
): Promise<{ test: TestServer; client: ControlClient }> {
  const control = join(temporaryFolder(t), "c.sock");
  const server = await TestServer.start(t, { control, ...config });
  return { test: server, client: (await connectControl(control))! };
}

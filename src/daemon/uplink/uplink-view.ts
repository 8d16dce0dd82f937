import type { Clock } from "../../clock.js";
import { formatEndpoint, type StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { UplinkView } from "../../control/inspect-api.js";
import type { Welcome } from "../../session/messages.js";
import type { UplinkSnapshot } from "./uplink.js";

/** How it stands with a server, and what that said at the last welcome. */
export function viewUplink(
  server: StreamEndpoint,
  snapshot: UplinkSnapshot,
  welcome: Welcome | null,
  clock: Clock,
): UplinkView {
  const { since, ...rest } = snapshot;
  const { network = null, port = null, name = null, grant = null } = welcome ?? {};
  return {
    server: formatEndpoint(server),
    since: new Date(Date.now() - clock.now() + since).toISOString(),
    ...{ network, port, name, grant },
    ...rest,
  };
}

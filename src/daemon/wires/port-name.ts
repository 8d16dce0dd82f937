/** What the port of a wire is called, unless its URL says: after the device or path, or the host and port. */
import { type Endpoint, formatEndpoint } from "../../config/endpoint/endpoint.js";
import { MAX_NAME, NAME_PATTERN } from "../../session/messages.js";

export function portName(endpoint: Endpoint): string {
  const place = formatEndpoint({ ...endpoint, network: undefined }).slice(endpoint.kind.length + 1);
  const last =
    unescaped(place)
      .split("/")
      .findLast((part) => part !== "") ?? "";
  const name = last
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAX_NAME);
  // A number alone would be that of a port.
  if (/^\d*$/.test(name)) return `${endpoint.kind}${name}`;
  return NAME_PATTERN.test(name) ? name : endpoint.kind;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import assert from "node:assert/strict";
import { isStream, parseEndpoint, type StreamEndpoint } from "../../src/config/endpoint/endpoint.js";

/** The endpoint of a listener by which sessions come. */
export function streamListener(text: string): StreamEndpoint {
  const endpoint = parseEndpoint(text, "listen");
  assert.ok(isStream(endpoint), `${text} is no stream`);
  return endpoint;
}

/** By which ways ports come to a process: options that `serve` and `join` have in common. */
import { z } from "zod";
import { ABOUT } from "./about.js";
import { type Endpoint, writeEndpoint } from "./endpoint/endpoint.js";
import { attachField } from "./endpoint/field.js";
import { whole, yesNo } from "./fields.js";

/** As people would write them. */
export function showEndpoints(endpoints: readonly Endpoint[]): string[] {
  return endpoints.map(writeEndpoint);
}

export const WAY_OPTIONS = {
  attach: z.array(attachField).default([]).register(ABOUT, {
    description: "wire to attach to a port, as unix:///run/vm1.sock or tap:tap1",
    value: "url",
    short: "a",
    show: showEndpoints,
  }),
  // Bounds memory, at some 60 KB each.
  maxPorts: whole(1, 100_000)
    .default(1_024)
    .register(ABOUT, { description: "most connections at once, silent ones included", value: "count" }),
  insecure: yesNo().default(false).register(ABOUT, {
    description: "let a TCP listener face the network without encryption",
  }),
};

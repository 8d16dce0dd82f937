/** How a network deals with multicast [RFC 4541]. Without any of these options it goes everywhere. */
import { isIPv4 } from "node:net";
import { z } from "zod";
import { ABOUT } from "./about.js";
import { whole, yesNo } from "./fields.js";

/** What a query can say of them in its short form [RFC 3376 4.1.1, 4.1.7]. */
const MAX_INTERVAL_S = 127;
const MAX_RESPONSE_S = 12;

export const MulticastOptions = z
  .strictObject({
    snooping: yesNo().default(true).register(ABOUT, {
      description: "send multicast only where somebody listens; no, for one network where the others do",
    }),
    querier: yesNo().default(true).register(ABOUT, {
      description: "ask the hosts what they listen to where nobody else does",
    }),
    address: z.string().refine(isIPv4, "an IPv4 address").optional().register(ABOUT, {
      description: "IPv4 address of the queries; of several queriers the one with the lowest goes on",
      otherwise: "0.0.0.0, which gives way to any other",
    }),
    unregistered: z.enum(["routers", "flood"]).default("routers").register(ABOUT, {
      description: "where groups go that nobody has asked for",
    }),
    queryInterval: whole(2, MAX_INTERVAL_S)
      .default(125)
      .register(ABOUT, { description: "seconds between two queries" }),
    queryResponse: whole(1, MAX_RESPONSE_S)
      .default(10)
      .register(ABOUT, { description: "seconds in which hosts have to answer" }),
  })
  .refine(({ queryInterval, queryResponse }) => queryResponse < queryInterval, {
    path: ["queryResponse"],
    message: "shorter than queryInterval",
  });
export type MulticastOptions = z.output<typeof MulticastOptions>;

/** Endpoints as values of options. */
import { parsed } from "../fields.js";
import { type EndpointIn, parseEndpoint } from "./endpoint.js";

/** Where to listen, parsed. */
export const listenField = parsed<EndpointIn<"listen">>((text) => parseEndpoint(text, "listen"));
/** What to attach, parsed. */
export const attachField = parsed<EndpointIn<"attach">>((text) => parseEndpoint(text, "attach"));

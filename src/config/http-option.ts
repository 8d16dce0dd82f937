/** The option that `serve` and `join` have for the web page. */
import { ABOUT } from "./about.js";
import { httpEndpoint } from "./fields.js";
import { formatHttpEndpoint, type HttpEndpoint } from "./http-endpoint.js";

export const HTTP_OPTION = {
  // Nowhere unless asked for.
  http: httpEndpoint.optional().register(ABOUT, {
    description: "serve the web page and the metrics there, as 127.0.0.1:9680",
    value: "address",
    show: (http: HttpEndpoint) => formatHttpEndpoint(http, http.port),
  }),
};

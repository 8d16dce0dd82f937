/** The option that `serve` and `join` have for the web page. */
import { ABOUT } from "./about.js";
import { parsed } from "./fields.js";
import { formatHttpEndpoint, type HttpEndpoint, parseHttpEndpoint } from "./http-endpoint.js";

export const HTTP_OPTION = {
  // Nowhere unless asked for.
  http: parsed(parseHttpEndpoint)
    .optional()
    .register(ABOUT, {
      description: "serve the web page and the metrics there, as 127.0.0.1:9680",
      value: "address",
      show: (http: HttpEndpoint) => formatHttpEndpoint(http, http.port),
    }),
};

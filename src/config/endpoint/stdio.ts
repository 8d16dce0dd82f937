/** `stdio:`: the cable that whoever starts this process holds the other end of, as ssh and `exec:` do. */
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface StdioEndpoint extends AnyEndpoint {
  readonly kind: "stdio";
}

export const STDIO: EndpointKind<StdioEndpoint, "attach"> = {
  roles: ["attach"],
  onlyConfigured: "it is what this process was started with",
  options: {},
  example: "stdio:",
  parse: (url, common) => {
    if (url.verbatim !== "") throw url.wrong("nothing comes behind the colon but options");
    return { kind: "stdio", ...common };
  },
  format: () => "stdio:",
  write: () => ({}),
};

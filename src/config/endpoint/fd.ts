/** `fd:3`: a descriptor that this process was started with. */
import type { AnyEndpoint, EndpointKind } from "./kind.js";

export interface FdEndpoint extends AnyEndpoint {
  readonly kind: "fd";
  readonly fd: number;
}

export const FD: EndpointKind<FdEndpoint, "attach"> = {
  roles: ["attach"],
  onlyConfigured: "it is of those that this process was started with",
  options: {},
  example: "fd:3",
  parse: (url, common) => {
    const { host, path } = url;
    if (host !== "" || !/^\d{1,6}$/.test(path))
      throw url.wrong(`'${host || path}' is no descriptor's number`);
    if (Number(path) < 3) throw url.wrong("0, 1 and 2 are standard input, output and error: use 3 or more");
    return { kind: "fd", ...common, fd: Number(path) };
  },
  format: ({ fd }) => `fd:${fd}`,
  write: () => ({}),
};

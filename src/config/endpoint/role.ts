/** What an endpoint is for: the server that a `join` joins, a place to listen, or a wire to attach to a port. */
export type Role = "server" | "listen" | "attach";

/** Each role in words, as in "'raw' is for listeners". */
export const ROLES: Readonly<Record<Role, string>> = {
  server: "the server to join",
  listen: "listeners",
  attach: "attached wires",
};

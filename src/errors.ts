/** Every error this program raises carries one of these codes; a code never changes its meaning. */
export type ErrorCode =
  /** A flag, argument or configuration value is wrong. */
  | "usage"
  /** An endpoint URL cannot be understood or names a kind that does not exist. */
  | "bad-endpoint"
  /** The operating system refused for lack of rights (EPERM, EACCES). */
  | "no-permission"
  /** Something the program needs is not there: /dev/net/tun, the compiled addon, a tool. */
  | "missing"
  /** The address or path is already served by another process. */
  | "in-use"
  /** The network device is held by another process. */
  | "device-busy"
  /** The network device went away while in use. */
  | "device-gone"
  /** A system call failed in a way no other code names; the message has the errno. */
  | "system"
  /** The other end broke the wire format or the order of messages. */
  | "protocol"
  /** The other end speaks no version that we speak. */
  | "version"
  /** The server has no network of that name. */
  | "unknown-network"
  /** The same identity is already connected from another process. */
  | "already-connected"
  /** The server has no free port. */
  | "full"
  /** The listener takes native peers only. */
  | "native-only"
  /** The route to the server leaves through the device that the join itself provides. */
  | "route-loop"
  /** The connection could not be made or ended. */
  | "unreachable"
  /** Nothing came from the other end for too long. */
  | "timeout"
  /** The other end said good-bye. */
  | "bye"
  /** A file of the state folder is damaged, open to others, or cannot be written. */
  | "bad-state"
  /** No saved pin, no `pin=` and no `ca=` says which key the server must have. */
  | "unknown-server"
  /** The server has another key than the one it must have. */
  | "wrong-pin"
  /** The invite cannot be read, or the server does not know its code. */
  | "bad-invite"
  | "invite-expired"
  /** The invite has admitted as many keys as it may. */
  | "invite-used"
  /** The client's key or certificate belongs to no member of that network. */
  | "not-a-member"
  /** The client was a member until it was revoked. */
  | "revoked"
  /** The peer could not prove who it is: no certificate, a wrong TLS version, an untrusted chain. */
  | "not-authenticated"
  /** There is no member or invite of that name. */
  | "not-found";

/** The only error this program throws on purpose: a stable code, and a sentence that says what to do. */
export class TapswitchError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "TapswitchError";
    this.code = code;
  }
}

/** The errno name of a failed system call ("EACCES"), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

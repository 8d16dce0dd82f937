/**
 * What can be asked of a running process over its control socket, written down once for both ends. `/v1` changes
 * only by additions. Who may ask is decided by the permissions of the socket's path.
 */
import { z } from "zod";
import { ACCESS_CALLS } from "./access-api.js";

export const API = { ...ACCESS_CALLS } as const;
export type Api = typeof API;
export type CallName = keyof Api;

/** The questions as functions: the server has them, and the client looks the same. */
export type Handlers = {
  readonly [Name in CallName]: (
    input: z.output<Api[Name]["input"]>,
  ) => z.output<Api[Name]["output"]> | Promise<z.output<Api[Name]["output"]>>;
};

/** What a failed question is answered with. */
export const Failure = z.object({ code: z.string(), message: z.string() });

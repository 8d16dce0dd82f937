/** How one question or stream of the control API is written down: over HTTP for `curl`, as a function for programs. */
import type { z } from "zod";

/**
 * One question. What goes in comes from the query of a GET or DELETE, where a name that is given several times is a
 * list, and from the JSON body of a POST.
 */
export interface Call<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly input: Input;
  readonly output: Output;
}

export function call<Input extends z.ZodType, Output extends z.ZodType>(
  method: Call["method"],
  path: string,
  input: Input,
  output: Output,
): Call<Input, Output> {
  return { method, path, input, output };
}

/** An answer without end, asked for by GET: lines of JSON, or a capture file. What goes in comes from the query. */
export interface Stream<Input extends z.ZodType = z.ZodType> {
  readonly path: string;
  readonly input: Input;
  readonly type: "application/x-ndjson" | "application/x-pcapng";
}

/** The reader of a stream. One that falls too far behind is cut off, and nothing is kept for it. */
export interface StreamSink {
  /** Answers whether the reader is still there. */
  write(chunk: string | Buffer): boolean;
  end(): void;
  /** Bytes that the reader has not taken yet. */
  readonly waitingBytes: number;
  /** Aborts when the reader is gone or was cut off. */
  readonly gone: AbortSignal;
}

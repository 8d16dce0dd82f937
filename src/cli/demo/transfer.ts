/**
 * A program of its own: moves bytes over one TCP connection and says, as one line of JSON, how many, how fast and
 * with which hash. Memory is made and hashed before and after the transfer, and the reader reuses one buffer, so
 * that the figure shows the network and not this program.
 *
 *   node transfer.js offer HOST PORT BYTES      prints "ready", then the report once it was fetched
 *   node transfer.js fetch HOST PORT BYTES      prints the report
 */
import { createHash, randomFillSync } from "node:crypto";
import { createConnection, createServer } from "node:net";

/** What either end prints when the transfer is complete. */
export interface TransferReport {
  readonly bytes: number;
  /** From the first byte to the last. */
  readonly seconds: number;
  readonly sha256: string;
}

const READ_BYTES = 256 * 1024;

function offer(host: string, port: number, bytes: number): void {
  const data = randomFillSync(Buffer.allocUnsafe(bytes));
  const server = createServer((socket) => {
    server.close();
    const startedAt = performance.now();
    socket.end(data, () => report(data, startedAt));
  });
  server.listen(port, host, () => console.log("ready"));
}

function fetch(host: string, port: number, bytes: number): void {
  const data = Buffer.alloc(bytes, 1); // written once, so that no page fault is left for the transfer
  let [startedAt, filled] = [0, 0];
  const callback = (length: number, buffer: Uint8Array): boolean => {
    if (filled === 0) startedAt = performance.now();
    data.set(buffer.subarray(0, Math.min(length, bytes - filled)), filled);
    filled += length;
    return true;
  };
  const onread = { buffer: new Uint8Array(READ_BYTES), callback };
  const socket = createConnection({ host, port, onread });
  socket.on("end", () => report(data.subarray(0, filled), startedAt));
}

function report(data: Buffer, startedAt: number): void {
  const seconds = (performance.now() - startedAt) / 1000;
  const sha256 = createHash("sha256").update(data).digest("hex");
  console.log(JSON.stringify({ bytes: data.length, seconds, sha256 } satisfies TransferReport));
}

const [mode, host = "", port = "", bytes = ""] = process.argv.slice(2);
if (mode === "offer") offer(host, Number(port), Number(bytes));
else if (mode === "fetch") fetch(host, Number(port), Number(bytes));
else throw new Error("usage: transfer.js offer|fetch HOST PORT BYTES");

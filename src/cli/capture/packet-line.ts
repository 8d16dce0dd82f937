import type { CapturedPacket } from "../../frame/pcapng-reader.js";
import { type Look, line } from "../format/look.js";
import { frameText } from "./frame-text.js";

/** "12:00:01.123456 web in  02:00:00:00:00:01 > ..., 74 bytes, dropped: queue". */
export function packetLine(packet: CapturedPacket, look: Look): string {
  const { port, direction, frame, length, comment } = packet;
  const reason = comment === "" ? "" : `, ${comment}`;
  const text = `${clock(packet)} ${port} ${direction.padEnd(3)} ${frameText(frame)}, ${length} bytes${reason}`;
  return line(text, look, comment === "" ? String : look.bad);
}

/** Local time of day, as the other programs of this kind show it. */
function clock({ seconds, nanoseconds }: CapturedPacket): string {
  const [time] = new Date(seconds * 1_000).toTimeString().split(" ");
  return `${time}.${String(Math.floor(nanoseconds / 1_000)).padStart(6, "0")}`;
}

/** What Wireshark's dialog offers for an interface. */
const DIRECTIONS = [
  ["default", "as usual: a network where frames come in, a port both ways"],
  ["in", "frames that come in"],
  ["out", "frames that go out"],
  ["both", "both"],
] as const;

/** The lines that describe it. */
export function answerConfig(): string[] {
  return [
    "arg {number=0}{call=--drops}{display=Show dropped frames}{type=boolflag}{default=false}{tooltip=The reason is the packet's comment}",
    "arg {number=1}{call=--split}{display=Cut large segments into frames}{type=boolflag}{default=false}{tooltip=Else they are shown as they travel, up to 64 KiB}",
    "arg {number=2}{call=--snaplen}{display=Bytes kept of each frame}{type=unsigned}{range=14,262144}{default=69632}",
    "arg {number=3}{call=--direction}{display=Direction}{type=selector}{default=default}",
    ...DIRECTIONS.map(
      ([value, display]) =>
        `value {arg=3}{value=${value}}{display=${display}}{default=${value === "default"}}`,
    ),
  ];
}

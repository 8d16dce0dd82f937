/** IPv4 addresses between text and unsigned numbers, for configurations and tables. */

const FOUR_OCTETS = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** 10.0.0.1 as a number, or undefined where the text is no address. */
export function ipv4Number(text: string): number | undefined {
  return FOUR_OCTETS.test(text)
    ? text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0)
    : undefined;
}

/** As people write it. */
export function ipv4FromNumber(address: number): string {
  return [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff].join(".");
}

/** Names that a filter may have in place of numbers. */

/** EtherTypes [IEEE 802 numbers]. */
export const ETHERTYPES: ReadonlyMap<string, number> = new Map([
  ["ip", 0x0800],
  ["ipv4", 0x0800],
  ["arp", 0x0806],
  ["rarp", 0x8035],
  ["vlan", 0x8100],
  ["ip6", 0x86dd],
  ["ipv6", 0x86dd],
  ["mpls", 0x8847],
  ["pppoed", 0x8863],
  ["pppoes", 0x8864],
  ["eapol", 0x888e],
  ["qinq", 0x88a8],
  ["lldp", 0x88cc],
  ["macsec", 0x88e5],
  ["ptp", 0x88f7],
  ["loopback", 0x9000],
]);

/** Protocols over IP [IANA protocol numbers]. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ["icmp", 1],
  ["igmp", 2],
  ["tcp", 6],
  ["udp", 17],
  ["gre", 47],
  ["esp", 50],
  ["ah", 51],
  ["icmp6", 58],
  ["ospf", 89],
  ["pim", 103],
  ["vrrp", 112],
  ["sctp", 132],
]);

/** TCP and UDP ports, those that one looks for most often. */
export const PORTS: ReadonlyMap<string, number> = new Map([
  ["ftp", 21],
  ["ssh", 22],
  ["telnet", 23],
  ["smtp", 25],
  ["domain", 53],
  ["dns", 53],
  ["bootps", 67],
  ["bootpc", 68],
  ["tftp", 69],
  ["http", 80],
  ["ntp", 123],
  ["imap", 143],
  ["snmp", 161],
  ["bgp", 179],
  ["https", 443],
  ["syslog", 514],
  ["mdns", 5353],
]);

import type { JoinConfig } from "../../config/join-config.js";
import type { ReloadTable } from "./reloader.js";

/** What a running `join` can take. The device is made once, and so is the trust in a server. */
export const JOIN_RELOAD: ReloadTable<JoinConfig> = {
  server: "restart",
  listen: "live",
  attach: "live",
  maxPorts: "live",
  insecure: "live",
  ports: "live",
  multicast: "live",
  dhcpGuard: "live",
  raGuard: "live",
  addressGuard: "live",
  suppression: "live",
  mirror: "live",
  dhcp: "live",
  tap: "restart",
  dev: "restart",
  ip: "restart",
  mtu: "live",
  mac: "restart",
  bridge: "restart",
  // The server learns it by a hello, so the session begins anew.
  name: "live",
  up: "live",
  down: "live",
  persist: "restart",
  carrierHold: "live",
  offload: "restart",
  user: "restart",
  state: "restart",
  control: "restart",
  http: "restart",
  testResponder: "restart",
  logLevel: "live",
  logFormat: "restart",
};

/** Names of network devices in URLs: `tap:tap0`, `nic:eth1`. */
import type { EndpointUrl } from "./endpoint-url.js";

/** A name that the kernel takes for a device [dev_valid_name in net/core/dev.c]. */
const DEVICE_PATTERN = /^[^\s/:]{1,15}$/;

/** Throws `bad-endpoint`. */
export function deviceName(url: EndpointUrl): string {
  const { host, path } = url;
  if (host !== "" || !DEVICE_PATTERN.test(path))
    throw url.wrong(`'${host || path}' is no device name: 1 to 15 characters, no '/', ':' or space`);
  return path;
}

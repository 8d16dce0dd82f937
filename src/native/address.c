/* IP addresses of an interface, and the interface that leads to an address. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "addon.h"
#include "netlink.h"

struct address {
  int family;
  size_t size;
  uint8_t bytes[16];
};

/* Parses "10.0.0.1" or "fd00::1"; returns 0 or EINVAL. */
static int parse(const char *text, struct address *address) {
  bool v6 = strchr(text, ':') != NULL;
  address->family = v6 ? AF_INET6 : AF_INET;
  address->size = v6 ? 16 : 4;
  return inet_pton(address->family, text, address->bytes) == 1 ? 0 : EINVAL;
}

/* The broadcast address, which programs that look for peers in a LAN ask the interface for. */
static void add_broadcast(struct netlink_request *request, const struct address *address, int prefix) {
  uint32_t value;
  if (address->family != AF_INET || prefix > 30) return;
  memcpy(&value, address->bytes, sizeof value);
  value |= htonl(UINT32_MAX >> prefix);
  netlink_add(request, IFA_BROADCAST, &value, sizeof value);
}

/* Sends a request of this type about an address, which is what the call's arguments say. */
static napi_value change(napi_env env, napi_callback_info info, int type, int flags, const char *what) {
  napi_value arguments[3];
  char name[TEXT_SIZE], text[TEXT_SIZE];
  int32_t prefix;
  struct address address;
  struct netlink_request request;
  if (!get_arguments(env, info, 3, arguments) || !get_text(env, arguments[0], name)) return NULL;
  if (!get_text(env, arguments[1], text) || !get_int(env, arguments[2], &prefix)) return NULL;
  if (parse(text, &address) != 0 || prefix < 0 || (size_t)prefix > address.size * 8) {
    return throw_errno(env, EINVAL, "IP address");
  }
  struct ifaddrmsg *body = netlink_begin(&request, type, flags, sizeof *body);
  body->ifa_family = (uint8_t)address.family;
  body->ifa_prefixlen = (uint8_t)prefix;
  body->ifa_index = if_nametoindex(name);
  if (body->ifa_index == 0) return throw_errno(env, errno, what);
  /* Duplicate address detection would keep the address unusable for a second, or until the carrier comes. */
  if (address.family == AF_INET6) body->ifa_flags = IFA_F_NODAD;
  netlink_add(&request, IFA_LOCAL, address.bytes, address.size);
  netlink_add(&request, IFA_ADDRESS, address.bytes, address.size);
  add_broadcast(&request, &address, prefix);
  int error = netlink_send(&request, NULL);
  return error != 0 ? throw_errno(env, error, what) : NULL;
}

/* addAddress(name, "10.0.0.1", prefix) */
static napi_value js_add(napi_env env, napi_callback_info info) {
  return change(env, info, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, "add an address");
}

/* removeAddress(name, "10.0.0.1", prefix) */
static napi_value js_remove(napi_env env, napi_callback_info info) {
  return change(env, info, RTM_DELADDR, NLM_F_ACK, "remove an address");
}

/* Writes "10.0.0.1/24" to `text`; returns whether the entry is an IP address of the interface `name`. */
static bool format(const struct ifaddrs *entry, const char *name, char *text, size_t size) {
  if (entry->ifa_addr == NULL || entry->ifa_netmask == NULL || strcmp(entry->ifa_name, name) != 0) return false;
  int family = entry->ifa_addr->sa_family;
  if (family != AF_INET && family != AF_INET6) return false;
  bool v6 = family == AF_INET6;
  size_t at = v6 ? offsetof(struct sockaddr_in6, sin6_addr) : offsetof(struct sockaddr_in, sin_addr);
  const uint8_t *mask = (const uint8_t *)entry->ifa_netmask + at;
  int prefix = 0;
  for (int i = 0; i < (v6 ? 16 : 4); i++) prefix += __builtin_popcount(mask[i]);
  char address[INET6_ADDRSTRLEN];
  if (inet_ntop(family, (const uint8_t *)entry->ifa_addr + at, address, sizeof address) == NULL) return false;
  snprintf(text, size, "%s/%d", address, prefix);
  return true;
}

/* getAddresses(name): ["10.0.0.1/24", ...], also while the interface is down */
static napi_value js_get(napi_env env, napi_callback_info info) {
  napi_value argument, result, item;
  char name[TEXT_SIZE], text[TEXT_SIZE];
  struct ifaddrs *all;
  uint32_t count = 0;
  napi_status status = napi_ok;
  if (!get_arguments(env, info, 1, &argument) || !get_text(env, argument, name)) return NULL;
  TRY(env, napi_create_array(env, &result));
  if (getifaddrs(&all) < 0) return throw_errno(env, errno, "list addresses");
  for (const struct ifaddrs *entry = all; entry != NULL && status == napi_ok; entry = entry->ifa_next) {
    if (!format(entry, name, text, sizeof text)) continue;
    status = napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &item);
    if (status == napi_ok) status = napi_set_element(env, result, count++, item);
  }
  freeifaddrs(all);
  TRY(env, status);
  return result;
}

/* The index of the interface through which packets to `address` leave, or a negative errno. */
static int route_index(const struct address *address) {
  struct netlink_request request;
  struct netlink_answer answer;
  struct rtmsg *body = netlink_begin(&request, RTM_GETROUTE, 0, sizeof *body);
  body->rtm_family = (uint8_t)address->family;
  body->rtm_dst_len = (uint8_t)(address->size * 8);
  netlink_add(&request, RTA_DST, address->bytes, address->size);
  int error = netlink_send(&request, &answer);
  if (error != 0) return -error;
  int32_t index = 0;
  const void *data = netlink_find(&answer, sizeof *body, RTA_OIF, sizeof index);
  if (data == NULL) return -ENETUNREACH;
  memcpy(&index, data, sizeof index);
  return index;
}

/* routeInterface("10.0.0.1"): the name of the interface that packets to it leave through */
static napi_value js_route(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  char text[TEXT_SIZE], name[IF_NAMESIZE];
  struct address address;
  if (!get_arguments(env, info, 1, &argument) || !get_text(env, argument, text)) return NULL;
  if (parse(text, &address) != 0) return throw_errno(env, EINVAL, "IP address");
  int index = route_index(&address);
  if (index < 0) return throw_errno(env, -index, "find a route");
  if (if_indextoname((unsigned)index, name) == NULL) return throw_errno(env, errno, "find a route");
  TRY(env, napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result));
  return result;
}

bool define_address(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("addAddress", js_add),
      FUNCTION("removeAddress", js_remove),
      FUNCTION("getAddresses", js_get),
      FUNCTION("routeInterface", js_route),
  };
  return DEFINE(env, exports, functions);
}

/* Reads and sets what the kernel knows of a network interface, by name. */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>

#include "addon.h"
#include "netlink.h"

enum { BODY = sizeof(struct ifinfomsg) };

static double get_u32(const struct netlink_answer *answer, int type) {
  uint32_t value = 0;
  const void *data = netlink_find(answer, BODY, type, sizeof value);
  if (data != NULL) memcpy(&value, data, sizeof value);
  return value;
}

static bool set_mac(napi_env env, napi_value result, const struct netlink_answer *answer) {
  struct ether_addr mac;
  char text[TEXT_SIZE] = "";
  const void *data = netlink_find(answer, BODY, IFLA_ADDRESS, sizeof mac);
  if (data != NULL) {
    memcpy(&mac, data, sizeof mac);
    const uint8_t *byte = mac.ether_addr_octet; /* ether_ntoa leaves out leading zeros. */
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1], byte[2], byte[3], byte[4], byte[5]);
  }
  return set_text(env, result, "mac", text);
}

static bool describe(napi_env env, napi_value result, const struct netlink_answer *answer) {
  const struct ifinfomsg *link = NLMSG_DATA((const struct nlmsghdr *)answer->bytes);
  struct rtnl_link_stats64 statistics = {0};
  /* Kernels before 4.7 knew fewer counters, but tx_dropped has always been there. */
  const void *data = netlink_find(answer, BODY, IFLA_STATS64, offsetof(struct rtnl_link_stats64, multicast));
  if (data != NULL) memcpy(&statistics, data, offsetof(struct rtnl_link_stats64, multicast));
  /* One in another network namespace has a number that means nothing here. */
  bool elsewhere = netlink_find(answer, BODY, IFLA_LINK_NETNSID, sizeof(int32_t)) != NULL;
  double lower = elsewhere ? 0 : get_u32(answer, IFLA_LINK);
  return set_number(env, result, "index", link->ifi_index) && set_number(env, result, "flags", link->ifi_flags) &&
         set_number(env, result, "mtu", get_u32(answer, IFLA_MTU)) &&
         set_number(env, result, "txQueueLength", get_u32(answer, IFLA_TXQLEN)) &&
         set_number(env, result, "master", get_u32(answer, IFLA_MASTER)) &&
         set_number(env, result, "lower", lower) &&
         set_number(env, result, "txDropped", (double)statistics.tx_dropped) && set_mac(env, result, answer);
}

/* getInterface(name): { index, flags, mtu, txQueueLength, master, lower, txDropped, mac }, or null if there is none */
static napi_value js_get(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  char name[TEXT_SIZE];
  struct netlink_request request;
  struct netlink_answer answer;
  if (!get_arguments(env, info, 1, &argument) || !get_text(env, argument, name)) return NULL;
  netlink_begin(&request, RTM_GETLINK, 0, BODY);
  netlink_add(&request, IFLA_IFNAME, name, strlen(name) + 1);
  int error = strlen(name) >= IFNAMSIZ ? ENODEV : netlink_send(&request, &answer);
  if (error == ENODEV) {
    TRY(env, napi_get_null(env, &result));
    return result;
  }
  if (error != 0) return throw_errno(env, error, "read an interface");
  TRY(env, napi_create_object(env, &result));
  return describe(env, result, &answer) ? result : NULL;
}

/* Begins a change of the interface `name`; returns 0 or an errno. */
static int begin_change(struct netlink_request *request, const char *name) {
  struct ifinfomsg *link = netlink_begin(request, RTM_NEWLINK, NLM_F_ACK, BODY);
  link->ifi_index = (int)if_nametoindex(name);
  return link->ifi_index == 0 ? errno : 0;
}

/* Adds one setting to a change; returns 0 or an errno. */
static int add_setting(struct netlink_request *request, const char *setting, uint32_t value) {
  struct ifinfomsg *link = NLMSG_DATA(&request->header);
  if (strcmp(setting, "up") == 0) {
    link->ifi_change = IFF_UP;
    link->ifi_flags = value != 0 ? IFF_UP : 0;
    return 0;
  }
  static const struct {
    const char *name;
    int type;
  } settings[] = {{"mtu", IFLA_MTU}, {"txQueueLength", IFLA_TXQLEN}, {"master", IFLA_MASTER}};
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
    if (strcmp(setting, settings[i].name) != 0) continue;
    netlink_add(request, settings[i].type, &value, sizeof value);
    return 0;
  }
  return EINVAL;
}

/* setInterface(name, "up" | "mtu" | "txQueueLength" | "master", value); a master is an index, 0 for none */
static napi_value js_set(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  char name[TEXT_SIZE], setting[TEXT_SIZE];
  int32_t value;
  struct netlink_request request;
  if (!get_arguments(env, info, 3, arguments) || !get_text(env, arguments[0], name)) return NULL;
  if (!get_text(env, arguments[1], setting) || !get_int(env, arguments[2], &value)) return NULL;
  int error = begin_change(&request, name);
  if (error == 0) error = add_setting(&request, setting, (uint32_t)value);
  if (error == 0) error = netlink_send(&request, NULL);
  return error != 0 ? throw_errno(env, error, "set up an interface") : NULL;
}

/* setInterfaceMac(name, "02:00:00:00:00:01") */
static napi_value js_set_mac(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  char name[TEXT_SIZE], text[TEXT_SIZE];
  struct ether_addr mac;
  struct netlink_request request;
  if (!get_arguments(env, info, 2, arguments) || !get_text(env, arguments[0], name)) return NULL;
  if (!get_text(env, arguments[1], text)) return NULL;
  if (ether_aton_r(text, &mac) == NULL) return throw_errno(env, EINVAL, "MAC address");
  int error = begin_change(&request, name);
  if (error == 0) {
    netlink_add(&request, IFLA_ADDRESS, &mac, sizeof mac);
    error = netlink_send(&request, NULL);
  }
  return error != 0 ? throw_errno(env, error, "set a MAC address") : NULL;
}

bool define_interface(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("getInterface", js_get),
      FUNCTION("setInterface", js_set),
      FUNCTION("setInterfaceMac", js_set_mac),
  };
  return DEFINE(env, exports, functions);
}

/*
 * Opens TAP devices and turns their knobs through the file descriptor itself, which needs no capability once the
 * device is attached.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ether.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "addon.h"

#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER 0x0040 /* Linux 6.2; older kernels ignore it. */
#endif

/* Size of `struct virtio_net_hdr`; whoever used a persistent device before may have left another size behind. */
static const int vnet_header_size = 10;
static const int on = 1;

/* Returns 0 or an errno. */
static int set_up_vnet(int fd) {
  if (ioctl(fd, TUNSETVNETHDRSZ, &vnet_header_size) < 0) return errno;
  return ioctl(fd, TUNSETVNETLE, &on) < 0 ? errno : 0;
}

/* Opens and attaches; returns the descriptor or a negative errno. `name` may be a pattern and becomes the name. */
static int open_tap(char name[TEXT_SIZE], bool vnet, bool carrier) {
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) return -EINVAL;
  memcpy(request.ifr_name, name, strlen(name));
  request.ifr_flags = IFF_TAP | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0) | (carrier ? 0 : IFF_NO_CARRIER);

  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -errno;
  int error = ioctl(fd, TUNSETIFF, &request) < 0 ? errno : 0;
  if (error == 0 && vnet) error = set_up_vnet(fd);
  if (error != 0) {
    (void)close(fd); /* The first error is the one to tell. */
    return -error;
  }
  memcpy(name, request.ifr_name, sizeof request.ifr_name);
  return fd;
}

/* Fills in { fd, name } of a descriptor that the environment has from now on; on failure it is closed. */
static napi_value describe(napi_env env, napi_value result, int fd, const char *name) {
  if (set_number(env, result, "fd", fd) && set_text(env, result, "name", name)) {
    return own_descriptor(env, fd) ? result : NULL;
  }
  (void)close(fd);
  return NULL;
}

/* openTap(name, vnet: 0 | 1, carrier: 0 | 1): { fd, name } */
static napi_value js_open(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  char name[TEXT_SIZE];
  int32_t vnet, carrier;
  if (!get_arguments(env, info, 3, arguments) || !get_text(env, arguments[0], name)) return NULL;
  if (!get_int(env, arguments[1], &vnet) || !get_int(env, arguments[2], &carrier)) return NULL;
  TRY(env, napi_create_object(env, &result));

  int fd = open_tap(name, vnet != 0, carrier != 0);
  if (fd < 0) return throw_errno(env, -fd, "open TAP");
  return describe(env, result, fd, name);
}

/* Attaches to an open device node as what we need; 0 or an errno. */
static int attach_macvtap(int fd, struct ifreq *request) {
  if (ioctl(fd, TUNGETIFF, request) < 0) return errno;
  request->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (ioctl(fd, TUNSETIFF, request) < 0) return errno;
  return set_up_vnet(fd);
}

/* openMacvtap("/dev/tap7"): { fd, name } */
static napi_value js_open_macvtap(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  char path[TEXT_SIZE];
  struct ifreq request = {0};
  if (!get_arguments(env, info, 1, &argument) || !get_text(env, argument, path)) return NULL;
  TRY(env, napi_create_object(env, &result));
  int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return throw_errno(env, errno, "open macvtap");
  int error = attach_macvtap(fd, &request);
  if (error != 0) {
    (void)close(fd); /* The first error is the one to tell. */
    return throw_errno(env, error, "open macvtap");
  }
  return describe(env, result, fd, request.ifr_name);
}

/* What an open descriptor is attached to, made ready for use; 0 or an errno. */
static int adopt_tap(int fd, struct ifreq *request) {
  if (ioctl(fd, TUNGETIFF, request) < 0) return errno;
  if ((request->ifr_flags & IFF_TAP) == 0) return EPROTOTYPE;
  if ((request->ifr_flags & IFF_NO_PI) == 0) return EPROTO;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return errno;
  return (request->ifr_flags & IFF_VNET_HDR) != 0 ? set_up_vnet(fd) : 0;
}

/* adoptTap(fd): { fd, name, vnet } */
static napi_value js_adopt(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  struct ifreq request = {0};
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  TRY(env, napi_create_object(env, &result));
  int error = adopt_tap(fd, &request);
  if (error != 0) return throw_errno(env, error, "adopt TAP");
  if (!set_number(env, result, "vnet", (request.ifr_flags & IFF_VNET_HDR) != 0)) return NULL;
  return describe(env, result, fd, request.ifr_name);
}

/* setTapOffload(fd, bits): whether the kernel knows all of these TUN_F_* bits */
static napi_value js_set_offload(napi_env env, napi_callback_info info) {
  napi_value arguments[2], accepted;
  int32_t fd, bits;
  if (!get_arguments(env, info, 2, arguments)) return NULL;
  if (!get_int(env, arguments[0], &fd) || !get_int(env, arguments[1], &bits)) return NULL;
  int failed = ioctl(fd, TUNSETOFFLOAD, (unsigned long)(uint32_t)bits) < 0 ? errno : 0;
  if (failed != 0 && failed != EINVAL) return throw_errno(env, failed, "TUNSETOFFLOAD");
  TRY(env, napi_get_boolean(env, failed == 0, &accepted));
  return accepted;
}

/* setTapCarrier(fd, 0 | 1) */
static napi_value js_set_carrier(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd, carrier;
  if (!get_arguments(env, info, 2, arguments)) return NULL;
  if (!get_int(env, arguments[0], &fd) || !get_int(env, arguments[1], &carrier)) return NULL;
  return ioctl(fd, TUNSETCARRIER, &carrier) < 0 ? throw_errno(env, errno, "TUNSETCARRIER") : NULL;
}

/* setTapPersist(fd, 0 | 1) */
static napi_value js_set_persist(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd, persist;
  if (!get_arguments(env, info, 2, arguments)) return NULL;
  if (!get_int(env, arguments[0], &fd) || !get_int(env, arguments[1], &persist)) return NULL;
  return ioctl(fd, TUNSETPERSIST, (unsigned long)(persist != 0)) < 0 ? throw_errno(env, errno, "TUNSETPERSIST") : NULL;
}

/* setTapMac(fd, "02:00:00:00:00:01") */
static napi_value js_set_mac(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  char text[TEXT_SIZE];
  struct ether_addr mac;
  struct ifreq request = {0};
  if (!get_arguments(env, info, 2, arguments)) return NULL;
  if (!get_int(env, arguments[0], &fd) || !get_text(env, arguments[1], text)) return NULL;
  if (ether_aton_r(text, &mac) == NULL) return throw_errno(env, EINVAL, "MAC address");
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  memcpy(request.ifr_hwaddr.sa_data, &mac, sizeof mac);
  return ioctl(fd, SIOCSIFHWADDR, &request) < 0 ? throw_errno(env, errno, "SIOCSIFHWADDR") : NULL;
}

bool define_tap(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("openTap", js_open),
      FUNCTION("openMacvtap", js_open_macvtap),
      FUNCTION("adoptTap", js_adopt),
      FUNCTION("setTapOffload", js_set_offload),
      FUNCTION("setTapCarrier", js_set_carrier),
      FUNCTION("setTapPersist", js_set_persist),
      FUNCTION("setTapMac", js_set_mac),
  };
  return DEFINE(env, exports, functions);
}

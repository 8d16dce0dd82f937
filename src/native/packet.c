/*
 * Opens an Ethernet interface as a raw packet socket [packet(7)] that hears everything on the wire: promiscuous,
 * deaf to what this host itself sends, with the VLAN tag that the kernel has taken out as ancillary data, and with a
 * virtio-net header on every frame, in both directions.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* Linux 4.20 */
#endif

/* Bursts of 64 KiB segments: a kernel's default of 208 KiB holds three of them. */
enum { RECEIVE_BUFFER = 8 << 20, SEND_BUFFER = 4 << 20 };

static int set_option(int fd, int option, const void *value, socklen_t size) {
  return setsockopt(fd, SOL_PACKET, option, value, size) < 0 ? errno : 0;
}

/* As large as wanted, or as large as an unprivileged process may have it; either way the socket works. */
static void set_buffer(int fd, int forced, int plain, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) < 0) {
    (void)setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes);
  }
}

static int set_options(int fd, int index) {
  const int on = 1;
  const struct packet_mreq promiscuous = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
  set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
  set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
  int error = set_option(fd, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  if (error == 0) error = set_option(fd, PACKET_AUXDATA, &on, sizeof on);
  if (error == 0) error = set_option(fd, PACKET_VNET_HDR, &on, sizeof on);
  if (error == 0) error = set_option(fd, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous);
  return error;
}

/* Binds to the interface; EPROTOTYPE if it carries no Ethernet. */
static int bind_to(int fd, int index, uint16_t protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = index};
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) return errno;
  if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) return errno;
  return address.sll_hatype == ARPHRD_ETHER ? 0 : EPROTOTYPE;
}

/* Returns the descriptor or a negative errno. */
static int open_packet(const char *name) {
  int index = (int)if_nametoindex(name);
  if (index == 0) return -errno;
  /* Protocol 0 hears nothing, until all options are set. */
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int error = bind_to(fd, index, 0);
  if (error == 0) error = set_options(fd, index);
  if (error == 0) error = bind_to(fd, index, ETH_P_ALL);
  if (error == 0) return fd;
  (void)close(fd); /* The first error is the one to tell. */
  return -error;
}

/* openPacket(name): the descriptor */
static napi_value js_open(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  char name[TEXT_SIZE];
  if (!get_arguments(env, info, 1, &argument) || !get_text(env, argument, name)) return NULL;
  int fd = open_packet(name);
  if (fd < 0) return throw_errno(env, -fd, "open a packet socket");
  if (!own_descriptor(env, fd)) return NULL;
  TRY(env, napi_create_int32(env, fd, &result));
  return result;
}

bool define_packet(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {FUNCTION("openPacket", js_open)};
  return DEFINE(env, exports, functions);
}

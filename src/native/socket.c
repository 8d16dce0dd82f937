/* Socket options that Node has no method for. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

static const struct {
  const char *name;
  int level, option;
} options[] = {
#define OPTION(level, option) {#option, level, option}
    OPTION(SOL_SOCKET, SO_KEEPALIVE),      OPTION(SOL_SOCKET, SO_SNDBUF),         OPTION(SOL_SOCKET, SO_RCVBUF),
    OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT), OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT), OPTION(IPPROTO_TCP, TCP_KEEPIDLE),
    OPTION(IPPROTO_TCP, TCP_KEEPINTVL),     OPTION(IPPROTO_TCP, TCP_QUICKACK),
    OPTION(IPPROTO_IP, IP_MTU),             OPTION(IPPROTO_IPV6, IPV6_MTU),
#undef OPTION
};

enum { OPTIONS = sizeof options / sizeof options[0] };

/* Index of the option `name`, or OPTIONS. */
static size_t find(const char *name) {
  size_t i = 0;
  while (i < OPTIONS && strcmp(options[i].name, name) != 0) i++;
  return i;
}

/* setSocketOption(fd, name, value) */
static napi_value js_set(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int32_t fd, value;
  char name[TEXT_SIZE];
  if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &fd)) return NULL;
  if (!get_text(env, arguments[1], name) || !get_int(env, arguments[2], &value)) return NULL;
  size_t i = find(name);
  if (i == OPTIONS) return throw_errno(env, ENOPROTOOPT, name);
  int failed = setsockopt(fd, options[i].level, options[i].option, &value, sizeof value);
  return failed < 0 ? throw_errno(env, errno, name) : NULL;
}

/* getSocketOption(fd, name): number */
static napi_value js_get(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  int32_t fd;
  int value = 0;
  socklen_t size = sizeof value;
  char name[TEXT_SIZE];
  if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd)) return NULL;
  if (!get_text(env, arguments[1], name)) return NULL;
  size_t i = find(name);
  if (i == OPTIONS) return throw_errno(env, ENOPROTOOPT, name);
  if (getsockopt(fd, options[i].level, options[i].option, &value, &size) < 0) return throw_errno(env, errno, name);
  TRY(env, napi_create_int32(env, value, &result));
  return result;
}

/* getCongestionControl(fd): string */
static napi_value js_get_congestion_control(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  char name[TEXT_SIZE] = "";
  socklen_t size = sizeof name - 1;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) < 0) return throw_errno(env, errno, "TCP_CONGESTION");
  TRY(env, napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result));
  return result;
}

/* setCongestionControl(fd, name): whether the kernel has it and lets us */
static napi_value js_set_congestion_control(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  int32_t fd;
  char name[TEXT_SIZE];
  if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd)) return NULL;
  if (!get_text(env, arguments[1], name)) return NULL;
  int failed = setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name));
  if (failed < 0 && errno != ENOENT && errno != EPERM) return throw_errno(env, errno, "TCP_CONGESTION");
  TRY(env, napi_get_boolean(env, failed == 0, &result));
  return result;
}

/* roundTripTime(fd): the kernel's smoothed estimate, microseconds */
static napi_value js_round_trip_time(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  struct tcp_info facts = {0};
  socklen_t size = sizeof facts;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &facts, &size) < 0) return throw_errno(env, errno, "TCP_INFO");
  TRY(env, napi_create_uint32(env, facts.tcpi_rtt, &result));
  return result;
}

/* sendBytes(fd, bytes, start, end): number of bytes that a socket or pipe took at once, or a negative errno */
static napi_value js_send(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result;
  int32_t fd;
  uint32_t start, end;
  void *bytes;
  size_t length;
  if (!get_arguments(env, info, 4, arguments) || !get_int(env, arguments[0], &fd)) return NULL;
  TRY(env, napi_get_buffer_info(env, arguments[1], &bytes, &length));
  TRY(env, napi_get_value_uint32(env, arguments[2], &start));
  TRY(env, napi_get_value_uint32(env, arguments[3], &end));
  if (start > end || end > length) return throw_errno(env, ERANGE, "sendBytes");
  ssize_t sent;
  do {
    sent = send(fd, (uint8_t *)bytes + start, end - start, MSG_DONTWAIT | MSG_NOSIGNAL);
    /* A pipe; Node has set it not to wait, and has the signal of a broken one ignored. */
    if (sent < 0 && errno == ENOTSOCK) sent = write(fd, (uint8_t *)bytes + start, end - start);
  } while (sent < 0 && errno == EINTR);
  TRY(env, napi_create_int32(env, sent < 0 ? -errno : (int32_t)sent, &result));
  return result;
}

bool define_socket(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("setSocketOption", js_set),
      FUNCTION("getSocketOption", js_get),
      FUNCTION("getCongestionControl", js_get_congestion_control),
      FUNCTION("setCongestionControl", js_set_congestion_control),
      FUNCTION("roundTripTime", js_round_trip_time),
      FUNCTION("sendBytes", js_send),
  };
  return DEFINE(env, exports, functions);
}

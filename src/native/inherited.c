/* What an inherited descriptor is [sd_listen_fds(3)]: Node listens on any, and can tell a Unix socket's path of none. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "addon.h"

union address {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
  struct sockaddr_un local;
};

/* Checks that it is a listening stream socket, reads its name, and keeps it from child processes; 0 or an errno. */
static int read_listener(int fd, union address *address, socklen_t *size) {
  int type = 0, listening = 0;
  socklen_t length = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return errno;
  length = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0) return errno;
  if (type != SOCK_STREAM) return EPROTONOSUPPORT;
  if (!listening) return EINVAL;
  return getsockname(fd, &address->any, size) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? errno : 0;
}

static bool set_ip(napi_env env, napi_value result, int family, const void *bytes, in_port_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  (void)inet_ntop(family, bytes, text, sizeof text); /* Every address of these families has a text of that length. */
  return set_text(env, result, "host", text) && set_number(env, result, "port", ntohs(port));
}

static bool set_path(napi_env env, napi_value result, const struct sockaddr_un *local, socklen_t size) {
  /* An abstract name begins with a zero byte, so its text is empty: nobody can name it in a URL. */
  size_t room = size - offsetof(struct sockaddr_un, sun_path);
  char path[sizeof local->sun_path + 1] = "";
  for (size_t i = 0; i < room && local->sun_path[i] != '\0'; i++) path[i] = local->sun_path[i];
  return set_text(env, result, "path", path);
}

/* adoptListener(fd): { host, port } or { path } */
static napi_value js_adopt(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  union address address = {0};
  socklen_t size = sizeof address;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  int failed = read_listener(fd, &address, &size);
  if (failed != 0) return throw_errno(env, failed, "adoptListener");
  TRY(env, napi_create_object(env, &result));
  bool set;
  switch (address.any.sa_family) {
    case AF_INET:
      set = set_ip(env, result, AF_INET, &address.ipv4.sin_addr, address.ipv4.sin_port);
      break;
    case AF_INET6:
      set = set_ip(env, result, AF_INET6, &address.ipv6.sin6_addr, address.ipv6.sin6_port);
      break;
    case AF_UNIX:
      set = set_path(env, result, &address.local, size);
      break;
    default:
      return throw_errno(env, EAFNOSUPPORT, "adoptListener");
  }
  return set ? result : NULL;
}

/* socketKind(fd): "stream", "datagram", "seqpacket", "raw" or "listener"; ENOTSOCK, EBADF */
static napi_value js_kind(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  int type = 0, listening = 0;
  socklen_t length = sizeof type;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return throw_errno(env, errno, "socketKind");
  length = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0) return throw_errno(env, errno, "socketKind");
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return throw_errno(env, errno, "socketKind");
  const char *kind = listening                ? "listener"
                     : type == SOCK_STREAM    ? "stream"
                     : type == SOCK_DGRAM     ? "datagram"
                     : type == SOCK_SEQPACKET ? "seqpacket"
                                              : "raw";
  TRY(env, napi_create_string_utf8(env, kind, NAPI_AUTO_LENGTH, &result));
  return result;
}

bool define_inherited(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("adoptListener", js_adopt),
      FUNCTION("socketKind", js_kind),
  };
  return DEFINE(env, exports, functions);
}

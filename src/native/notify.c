/* One datagram to a Unix socket, which Node cannot send: how a service manager is told of readiness [sd_notify(3)]. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "addon.h"

/* Sends without waiting; returns 0 or an errno. */
static int send_datagram(const struct sockaddr_un *to, socklen_t size, const void *bytes, size_t length) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  ssize_t sent;
  do sent = sendto(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, size);
  while (sent < 0 && errno == EINTR);
  int failed = sent < 0 ? errno : 0;
  (void)close(fd); /* Nothing is buffered in it that could be lost. */
  return failed;
}

/* sendDatagram(name, bytes): `name` is what sun_path holds, with a leading zero byte for an abstract name */
static napi_value js_send_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  void *name, *bytes;
  size_t name_length, length;
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (!get_arguments(env, info, 2, arguments)) return NULL;
  TRY(env, napi_get_buffer_info(env, arguments[0], &name, &name_length));
  TRY(env, napi_get_buffer_info(env, arguments[1], &bytes, &length));
  if (name_length == 0 || name_length > sizeof to.sun_path) return throw_errno(env, EINVAL, "name of a socket");
  memcpy(to.sun_path, name, name_length);
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_length);
  int failed = send_datagram(&to, size, bytes, length);
  return failed != 0 ? throw_errno(env, failed, "sendDatagram") : NULL;
}

bool define_notify(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {FUNCTION("sendDatagram", js_send_datagram)};
  return DEFINE(env, exports, functions);
}

/* Makes the sockets that Node cannot: Unix and UDP datagram sockets by their raw address, and pairs of sockets. */
#define _GNU_SOURCE /* struct ucred */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

/* Room for bursts; the kernel grants what net.core.wmem_max and rmem_max allow, or all of it to root. */
enum { SEND_BYTES = 1 << 20, RECEIVE_BYTES = 4 << 20 };

static void set_size(int fd, int force, int option, int bytes) {
  /* A smaller buffer still works: what it cannot hold is dropped and counted. */
  if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes) < 0) {
    (void)setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
  }
}

static void enlarge(int fd) {
  set_size(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BYTES);
  set_size(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BYTES);
}

/* Reads a struct sockaddr; raises EINVAL where it is none. */
static bool get_address(napi_env env, napi_value value, struct sockaddr_storage *address, socklen_t *length) {
  void *bytes;
  size_t size;
  if (napi_get_buffer_info(env, value, &bytes, &size) != napi_ok) {
    throw_napi_error(env);
    return false;
  }
  if (size < sizeof(sa_family_t) || size > sizeof *address) {
    throw_errno(env, EINVAL, "socket address");
    return false;
  }
  memcpy(address, bytes, size);
  *length = (socklen_t)size;
  return true;
}

static napi_value give_number(napi_env env, int32_t number) {
  napi_value result;
  TRY(env, napi_create_int32(env, number, &result));
  return result;
}

/* openDatagram(address): fd of a socket that is bound to it, or to nothing where it is no more than a family */
static napi_value js_open(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct sockaddr_storage address;
  socklen_t length;
  if (!get_arguments(env, info, 1, &argument) || !get_address(env, argument, &address, &length)) return NULL;
  int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return throw_errno(env, errno, "open a socket");
  enlarge(fd);
  if (length > sizeof address.ss_family && bind(fd, (struct sockaddr *)&address, length) < 0) {
    int failed = errno;
    (void)close(fd); /* Nothing has been done with it. */
    return throw_errno(env, failed, "bind a socket");
  }
  return give_number(env, fd);
}

/* connectDatagram(fd, address): 0, or a negative errno */
static napi_value js_connect(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t fd;
  struct sockaddr_storage address;
  socklen_t length;
  if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd)) return NULL;
  if (!get_address(env, arguments[1], &address, &length)) return NULL;
  return give_number(env, connect(fd, (struct sockaddr *)&address, length) < 0 ? -errno : 0);
}

/* socketPair("stream" | "packet"): [fd, fd]: the first is ours, the second for another process */
static napi_value js_pair(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  char type[TEXT_SIZE];
  int ends[2];
  if (!get_arguments(env, info, 1, &argument) || !get_text(env, argument, type)) return NULL;
  int kind = strcmp(type, "packet") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
  if (socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends) < 0) return throw_errno(env, errno, "socketPair");
  enlarge(ends[0]);
  TRY(env, napi_create_array_with_length(env, 2, &result));
  for (uint32_t i = 0; i < 2; i++) TRY(env, napi_set_element(env, result, i, give_number(env, ends[i])));
  return result;
}

/* closeSocket(fd) */
static napi_value js_close(napi_env env, napi_callback_info info) {
  napi_value argument;
  int32_t fd;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  return close(fd) < 0 ? throw_errno(env, errno, "close a socket") : NULL;
}

/* peerUser(fd): the user id of the process at the other end of a Unix stream */
static napi_value js_peer_user(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  struct ucred peer = {0};
  socklen_t size = sizeof peer;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return throw_errno(env, errno, "SO_PEERCRED");
  TRY(env, napi_create_uint32(env, peer.uid, &result));
  return result;
}

/* takeStdio(): [fd, fd] of what were standard input and output; those are /dev/null and standard error from now on */
static napi_value js_take_stdio(napi_env env, napi_callback_info info) {
  napi_value result;
  (void)info;
  int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0 || output < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
      dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return throw_errno(env, errno, "take over standard input and output");
  }
  (void)close(nothing); /* Its copy is what is used. */
  TRY(env, napi_create_array_with_length(env, 2, &result));
  TRY(env, napi_set_element(env, result, 0, give_number(env, input)));
  TRY(env, napi_set_element(env, result, 1, give_number(env, output)));
  return result;
}

bool define_open_socket(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("openDatagram", js_open),   FUNCTION("connectDatagram", js_connect), FUNCTION("socketPair", js_pair),
      FUNCTION("closeSocket", js_close),   FUNCTION("peerUser", js_peer_user),         FUNCTION("takeStdio", js_take_stdio),
  };
  return DEFINE(env, exports, functions);
}

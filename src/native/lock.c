/* An advisory lock that the kernel takes back when its holder dies, which a file with a process id in it is not. */
#include <errno.h>
#include <sys/file.h>

#include "addon.h"

/* lockFile(fd): boolean */
static napi_value js_lock(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  int failed;
  do failed = flock(fd, LOCK_EX | LOCK_NB);
  while (failed < 0 && errno == EINTR);
  if (failed < 0 && errno != EWOULDBLOCK) return throw_errno(env, errno, "flock");
  TRY(env, napi_get_boolean(env, failed == 0, &result));
  return result;
}

bool define_lock(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {FUNCTION("lockFile", js_lock)};
  return DEFINE(env, exports, functions);
}

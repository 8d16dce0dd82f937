/*
 * Descriptors that the addon has opened. Each belongs to the environment that opened it: a worker that ends without
 * closing leaves no device behind. Close a descriptor only here, and its watch first.
 */
#include <errno.h>
#include <unistd.h>

#include "addon.h"

static void close_at_exit(void *fd) { (void)close((int)(intptr_t)fd); /* Nothing can be done at this point. */ }

bool own_descriptor(napi_env env, int fd) {
  void *argument = (void *)(intptr_t)fd;
  /* Adding the same pair twice aborts, so a pair left by a descriptor that was closed elsewhere goes first. */
  if (napi_remove_env_cleanup_hook(env, close_at_exit, argument) == napi_ok &&
      napi_add_env_cleanup_hook(env, close_at_exit, argument) == napi_ok) {
    return true;
  }
  (void)close(fd);
  throw_napi_error(env);
  return false;
}

/* closeDescriptor(fd) */
static napi_value js_close(napi_env env, napi_callback_info info) {
  napi_value argument;
  int32_t fd;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd)) return NULL;
  TRY(env, napi_remove_env_cleanup_hook(env, close_at_exit, (void *)(intptr_t)fd));
  return close(fd) < 0 ? throw_errno(env, errno, "close a descriptor") : NULL;
}

bool define_descriptor(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {FUNCTION("closeDescriptor", js_close)};
  return DEFINE(env, exports, functions);
}

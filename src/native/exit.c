/*
 * Ends the process at once. Node ends only when its threads are done, and one that looks up a name waits for its name
 * servers up to ten seconds, with no way to call it back.
 */
#include <unistd.h>

#include "addon.h"

/* exitNow(status): never */
static napi_value js_exit(napi_env env, napi_callback_info info) {
  napi_value argument;
  int32_t status;
  if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &status)) return NULL;
  _exit(status);
}

bool define_exit(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {FUNCTION("exitNow", js_exit)};
  return DEFINE(env, exports, functions);
}

/*
 * What every file of the addon shares: reading arguments, raising errors. Mechanism only: what a failure means and
 * what to do about it is said in TypeScript.
 */
#ifndef TAPSWITCH_ADDON_H
#define TAPSWITCH_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest text argument with its final zero: a name, a MAC or an IP address. */
#define TEXT_SIZE 64

/* Returns NULL from a function whose Node-API call failed, with an exception pending. */
#define TRY(env, call)                   \
  do {                                   \
    if ((call) != napi_ok) {             \
      throw_napi_error(env);             \
      return NULL;                       \
    }                                    \
  } while (0)

/* Raises the exception of a failed Node-API call, unless one is pending already. */
void throw_napi_error(napi_env env);
/* Raises an Error whose `code` is the errno's name ("EBUSY"). Always returns NULL. */
napi_value throw_errno(napi_env env, int error, const char *what);

/* Each reads arguments and raises a TypeError or RangeError where they do not fit. */
bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);
bool get_int(napi_env env, napi_value value, int32_t *result);
bool get_text(napi_env env, napi_value value, char result[TEXT_SIZE]);

/* Has the environment close the descriptor at its end; if that fails it is closed now, with an exception pending. */
bool own_descriptor(napi_env env, int fd);

bool set_property(napi_env env, napi_value object, const char *name, napi_value value);
bool set_number(napi_env env, napi_value object, const char *name, double value);
bool set_text(napi_env env, napi_value object, const char *name, const char *value);

bool define_functions(napi_env env, napi_value exports, const napi_property_descriptor *functions, size_t count);
#define FUNCTION(name, function) {name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL}
#define DEFINE(env, exports, functions) \
  define_functions(env, exports, functions, sizeof functions / sizeof functions[0])

/* One for each file: adds its functions to the exports. */
bool define_descriptor(napi_env env, napi_value exports);
bool define_packet(napi_env env, napi_value exports);
bool define_packet_batch(napi_env env, napi_value exports);
bool define_tap(napi_env env, napi_value exports);
bool define_batch(napi_env env, napi_value exports);
bool define_watch(napi_env env, napi_value exports);
bool define_interface(napi_env env, napi_value exports);
bool define_address(napi_env env, napi_value exports);
bool define_socket(napi_env env, napi_value exports);
bool define_lock(napi_env env, napi_value exports);
bool define_notify(napi_env env, napi_value exports);
bool define_inherited(napi_env env, napi_value exports);
bool define_exit(napi_env env, napi_value exports);
bool define_datagram(napi_env env, napi_value exports);
bool define_open_socket(napi_env env, napi_value exports);

#endif

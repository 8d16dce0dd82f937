#include "addon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
  int number;
  const char *name;
} errno_names[] = {
#define NAME(number) {number, #number}
    NAME(EPERM),      NAME(ENOENT),        NAME(EIO),        NAME(ENXIO),         NAME(EBADF),     NAME(EAGAIN),
    NAME(ENOMEM),     NAME(EACCES),        NAME(EBUSY),      NAME(EEXIST),        NAME(ENODEV),    NAME(EINVAL),
    NAME(ENFILE),     NAME(EMFILE),        NAME(ENOTTY),     NAME(EFBIG),         NAME(EBADFD),    NAME(EMSGSIZE),
    NAME(ENOTSOCK),   NAME(ENOPROTOOPT),   NAME(EOPNOTSUPP), NAME(EAFNOSUPPORT),  NAME(ERANGE),    NAME(EADDRNOTAVAIL),
    NAME(ENETDOWN),   NAME(ENETUNREACH),   NAME(ENOBUFS),    NAME(EHOSTUNREACH),  NAME(ELOOP),     NAME(EPROTO),
    NAME(ENOSYS),     NAME(EADDRINUSE),    NAME(ENOTCONN),   NAME(EXDEV),         NAME(EPROTONOSUPPORT),
    NAME(ECONNREFUSED), NAME(EPROTOTYPE),  NAME(EISCONN),       NAME(EPIPE),
#undef NAME
};

void throw_napi_error(napi_env env) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) return;
  const napi_extended_error_info *last = NULL;
  const char *message = "a Node-API call failed";
  if (napi_get_last_error_info(env, &last) == napi_ok && last->error_message != NULL) message = last->error_message;
  (void)napi_throw_error(env, NULL, message); /* Fails only while the environment ends: nothing is left to tell. */
}

napi_value throw_errno(napi_env env, int error, const char *what) {
  char code[16];
  char message[128];
  snprintf(code, sizeof code, "E%d", error);
  for (size_t i = 0; i < sizeof errno_names / sizeof errno_names[0]; i++) {
    if (errno_names[i].number == error) snprintf(code, sizeof code, "%s", errno_names[i].name);
  }
  snprintf(message, sizeof message, "%s: %s", what, strerror(error));
  (void)napi_throw_error(env, code, message);
  return NULL;
}

bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok) {
    throw_napi_error(env);
    return false;
  }
  if (given >= count) return true;
  (void)napi_throw_type_error(env, NULL, "too few arguments");
  return false;
}

bool get_int(napi_env env, napi_value value, int32_t *result) {
  if (napi_get_value_int32(env, value, result) == napi_ok) return true;
  (void)napi_throw_type_error(env, NULL, "a number is expected");
  return false;
}

bool get_text(napi_env env, napi_value value, char result[TEXT_SIZE]) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
    (void)napi_throw_type_error(env, NULL, "a string is expected");
    return false;
  }
  if (length >= TEXT_SIZE) {
    (void)napi_throw_range_error(env, NULL, "a shorter string is expected");
    return false;
  }
  if (napi_get_value_string_utf8(env, value, result, TEXT_SIZE, &length) == napi_ok) return true;
  throw_napi_error(env);
  return false;
}

bool set_property(napi_env env, napi_value object, const char *name, napi_value value) {
  if (napi_set_named_property(env, object, name, value) == napi_ok) return true;
  throw_napi_error(env);
  return false;
}

bool set_number(napi_env env, napi_value object, const char *name, double value) {
  napi_value number;
  if (napi_create_double(env, value, &number) == napi_ok) return set_property(env, object, name, number);
  throw_napi_error(env);
  return false;
}

bool set_text(napi_env env, napi_value object, const char *name, const char *value) {
  napi_value text;
  if (napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &text) == napi_ok) {
    return set_property(env, object, name, text);
  }
  throw_napi_error(env);
  return false;
}

bool define_functions(napi_env env, napi_value exports, const napi_property_descriptor *functions, size_t count) {
  if (napi_define_properties(env, exports, count, functions) == napi_ok) return true;
  throw_napi_error(env);
  return false;
}

NAPI_MODULE_INIT() {
  bool complete = define_descriptor(env, exports) && define_packet(env, exports) &&
                  define_packet_batch(env, exports) && define_tap(env, exports) && define_batch(env, exports) && define_watch(env, exports) &&
                  define_interface(env, exports) && define_address(env, exports) &&
                  define_socket(env, exports) && define_lock(env, exports) && define_notify(env, exports) &&
                  define_inherited(env, exports) && define_exit(env, exports) && define_datagram(env, exports) &&
                  define_open_socket(env, exports);
  return complete ? exports : NULL;
}

/*
 * `new Watch(fd, callback)` calls back while the descriptor is readable, or writable where that was asked for, from the
 * loop of the environment that made it, so a worker's watch runs in the worker.
 *
 * Two parties hold the structure: the JavaScript object, until it is collected, and the loop, until it has closed
 * the handle. The last one to let go frees it. Until close() the object is kept alive by `self`.
 */
#include <errno.h>
#include <stdlib.h>

#include "addon.h"
#include "uv-poll.h"

struct watch {
  napi_env env;
  uv_handle_t *poll;
  napi_ref self;
  napi_ref callback;
  napi_async_cleanup_hook_handle hook;
  bool closing;
  int holders;
};

static const napi_type_tag watch_tag = {0x7b1f0a4c95d24e6d, 0x9a3c6e21f07b4d58};

static void let_go(struct watch *watch) {
  if (--watch->holders == 0) free(watch);
}

static void on_closed(uv_handle_t *poll) {
  struct watch *watch = uv_handle_get_data(poll);
  /* Tells an environment that waits for this handle that it may end. */
  if (watch->hook != NULL) (void)napi_remove_async_cleanup_hook(watch->hook);
  free(poll);
  let_go(watch);
}

static void delete_reference(napi_env env, napi_ref *reference) {
  if (*reference != NULL) (void)napi_delete_reference(env, *reference); /* Cannot fail on a live reference. */
  *reference = NULL;
}

static void close_watch(struct watch *watch) {
  if (watch->closing) return;
  watch->closing = true;
  uv_close(watch->poll, on_closed); /* Also stops it: no callback comes after this. */
  delete_reference(watch->env, &watch->callback);
  delete_reference(watch->env, &watch->self);
}

static void on_environment_exit(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook; /* Removed in on_closed, also when a close was under way already. */
  close_watch(data);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  close_watch(data); /* Only reached open if the constructor failed half-way. */
  let_go(data);
}

/* Hands an exception of the callback to process.on("uncaughtException"), as Node does with its own callbacks. */
static void report_exception(napi_env env) {
  napi_value error;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) (void)napi_fatal_exception(env, error);
}

/* `status` is 0, or a negative errno after which libuv has stopped the watch. */
static void on_ready(uv_handle_t *poll, int status, int events) {
  struct watch *watch = uv_handle_get_data(poll);
  napi_env env = watch->env;
  napi_handle_scope scope;
  napi_value self, callback, arguments[2];
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, watch->self, &self) == napi_ok &&
      napi_get_reference_value(env, watch->callback, &callback) == napi_ok &&
      napi_create_int32(env, status, &arguments[0]) == napi_ok &&
      napi_create_int32(env, events, &arguments[1]) == napi_ok) {
    /* The callback may close this watch; the structure lives on until on_closed. */
    napi_status called = napi_make_callback(env, NULL, self, callback, 2, arguments, NULL);
    if (called == napi_pending_exception) report_exception(env);
  }
  (void)napi_close_handle_scope(env, scope);
}

/* Allocates a watch and its handle in the loop; on failure raises and returns NULL. */
static struct watch *create_watch(napi_env env, int32_t fd) {
  uv_loop_t *loop;
  TRY(env, napi_get_uv_event_loop(env, (struct uv_loop_s **)&loop));
  struct watch *watch = calloc(1, sizeof *watch);
  uv_handle_t *poll = calloc(1, uv_handle_size(UV_POLL));
  int failed = watch == NULL || poll == NULL ? -ENOMEM : uv_poll_init(loop, poll, fd);
  if (failed != 0) {
    free(watch);
    free(poll);
    throw_errno(env, -failed, "watch a descriptor");
    return NULL;
  }
  *watch = (struct watch){.env = env, .poll = poll, .holders = 1};
  uv_handle_set_data(poll, watch);
  return watch;
}

/* Ties the watch to its object, its callback and the end of the environment. */
static bool attach_watch(napi_env env, struct watch *watch, napi_value self, napi_value callback) {
  if (napi_wrap(env, self, watch, on_collected, NULL, NULL) != napi_ok) return false;
  watch->holders++;
  return napi_type_tag_object(env, self, &watch_tag) == napi_ok &&
         napi_create_reference(env, self, 1, &watch->self) == napi_ok &&
         napi_create_reference(env, callback, 1, &watch->callback) == napi_ok &&
         napi_add_async_cleanup_hook(env, on_environment_exit, watch, &watch->hook) == napi_ok;
}

static napi_value js_construct(napi_env env, napi_callback_info info) {
  napi_value arguments[2], self;
  napi_valuetype type;
  size_t count = 2;
  int32_t fd;
  TRY(env, napi_get_cb_info(env, info, &count, arguments, &self, NULL));
  if (count < 2 || !get_int(env, arguments[0], &fd)) return NULL;
  TRY(env, napi_typeof(env, arguments[1], &type));
  if (type != napi_function) {
    (void)napi_throw_type_error(env, NULL, "a function is expected");
    return NULL;
  }
  struct watch *watch = create_watch(env, fd);
  if (watch == NULL) return NULL;
  if (attach_watch(env, watch, self, arguments[1])) return self;
  throw_napi_error(env);
  close_watch(watch);
  return NULL;
}

/* The watch of a method's `this`, or NULL with an exception. */
static struct watch *get_watch(napi_env env, napi_callback_info info) {
  napi_value self;
  void *watch = NULL;
  bool tagged = false;
  TRY(env, napi_get_cb_info(env, info, NULL, NULL, &self, NULL));
  TRY(env, napi_check_object_type_tag(env, self, &watch_tag, &tagged));
  if (tagged) {
    TRY(env, napi_unwrap(env, self, &watch));
  } else {
    (void)napi_throw_type_error(env, NULL, "a Watch is expected");
  }
  return watch;
}

/* start(events = UV_READABLE) */
static napi_value js_start(napi_env env, napi_callback_info info) {
  struct watch *watch = get_watch(env, info);
  napi_value argument;
  size_t given = 1;
  int32_t events = UV_READABLE;
  if (watch == NULL) return NULL;
  TRY(env, napi_get_cb_info(env, info, &given, &argument, NULL, NULL));
  if (given > 0 && !get_int(env, argument, &events)) return NULL;
  int failed = watch->closing ? -EBADF : uv_poll_start(watch->poll, events & (UV_READABLE | UV_WRITABLE), on_ready);
  return failed != 0 ? throw_errno(env, -failed, "start a watch") : NULL;
}

static napi_value js_stop(napi_env env, napi_callback_info info) {
  struct watch *watch = get_watch(env, info);
  if (watch == NULL || watch->closing) return NULL;
  int failed = uv_poll_stop(watch->poll);
  return failed != 0 ? throw_errno(env, -failed, "stop a watch") : NULL;
}

static napi_value js_close(napi_env env, napi_callback_info info) {
  struct watch *watch = get_watch(env, info);
  if (watch != NULL) close_watch(watch);
  return NULL;
}

bool define_watch(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      FUNCTION("start", js_start),
      FUNCTION("stop", js_stop),
      FUNCTION("close", js_close),
  };
  napi_value constructor;
  size_t count = sizeof methods / sizeof methods[0];
  if (napi_define_class(env, "Watch", NAPI_AUTO_LENGTH, js_construct, NULL, count, methods, &constructor) == napi_ok) {
    return set_property(env, exports, "Watch", constructor);
  }
  throw_napi_error(env);
  return false;
}

/*
 * The six functions of libuv that poll.c needs, declared by hand: Node exports them to addons and never changed
 * them since libuv 1.19 (Node 10), while uv.h would have to be downloaded and holds structures that do change.
 * So a handle is opaque here and its size is asked for at run time.
 */
#ifndef TAPSWITCH_UV_POLL_H
#define TAPSWITCH_UV_POLL_H

#include <stddef.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;

enum { UV_POLL = 8 };                        /* uv_handle_type */
enum { UV_READABLE = 1, UV_WRITABLE = 2 }; /* uv_poll_event */

typedef void (*uv_close_cb)(uv_handle_t *handle);
typedef void (*uv_poll_cb)(uv_handle_t *handle, int status, int events);

size_t uv_handle_size(int type);
void *uv_handle_get_data(const uv_handle_t *handle);
void uv_handle_set_data(uv_handle_t *handle, void *data);
void uv_close(uv_handle_t *handle, uv_close_cb closed);

/* uv_poll_t begins with the fields of uv_handle_t, so one pointer type serves here. Errors are negative errnos. */
int uv_poll_init(uv_loop_t *loop, uv_handle_t *poll, int fd);
int uv_poll_start(uv_handle_t *poll, int events, uv_poll_cb ready);
int uv_poll_stop(uv_handle_t *poll);

#endif

/*
 * Moves frames between a TAP device and a batch of records in one call for many frames.
 *
 * One frame that fails is counted and the rest goes on. Only a descriptor that is no TAP any more is an error.
 */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record.h"

/* The Int32Array that TypeScript lends to each call (TapState in native.ts). */
enum { STATE_FD, STATE_VNET, STATE_QUEUE, STATE_DEVICE, STATE_MALFORMED, STATE_REFUSED, STATE_WORDS };

/* Fills bytes[at, limit) with records and returns their end. `error` is set when the descriptor is no TAP any more. */
static size_t read_batch(int32_t *state, uint8_t *bytes, size_t at, size_t limit, int *error) {
  while (limit - at >= RECORD_HEADER + READ_ROOM) {
    ssize_t got = read(state[STATE_FD], bytes + at + RECORD_HEADER, READ_ROOM);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      /* EIO: the device is down, so there is nothing to read. */
      if (errno != EAGAIN && errno != EIO) *error = errno;
      break;
    }
    size_t size = finish_record(bytes + at, (size_t)got, state[STATE_VNET] != 0);
    if (size == 0) {
      state[STATE_MALFORMED]++;
      break; /* Bounds the loop; the next call goes on. */
    }
    at += size;
  }
  return at;
}

static void count_failure(int32_t *state, int failed) {
  switch (failed) {
    case EAGAIN:
    case ENOBUFS:
      state[STATE_QUEUE]++;
      break;
    case EINVAL:
    case EFBIG:
    case EMSGSIZE:
      state[STATE_MALFORMED]++;
      break;
    default: /* EIO and ENETDOWN: the device is down. */
      state[STATE_DEVICE]++;
  }
}

/* Writes one frame; returns an errno only when the descriptor is no TAP any more. */
static int write_frame(int32_t *state, uint8_t *bytes, size_t length, bool prepend) {
  static uint8_t nothing_to_do[VNET_HEADER]; /* Only read. */
  struct iovec parts[] = {{nothing_to_do, VNET_HEADER}, {bytes, length}};
  ssize_t put;
  do {
    put = prepend ? writev(state[STATE_FD], parts, 2) : write(state[STATE_FD], bytes, length);
  } while (put < 0 && errno == EINTR);
  if (put >= 0) return 0;
  if (errno == EBADFD || errno == EBADF) return errno;
  count_failure(state, errno);
  return 0;
}

/* Writes the record at `record`, whose payload has `length` bytes, in the form this device takes. */
static int write_record(int32_t *state, uint8_t *record, size_t length) {
  bool vnet = state[STATE_VNET] != 0;
  uint8_t kind = record[0];
  if (kind > KIND_OFFLOAD || (kind == KIND_OFFLOAD && !vnet)) {
    state[STATE_REFUSED]++;
    return 0;
  }
  if (length < (kind == KIND_OFFLOAD ? VNET_HEADER + MIN_FRAME : MIN_FRAME)) {
    state[STATE_MALFORMED]++;
    return 0;
  }
  return write_frame(state, record + RECORD_HEADER, length, vnet && kind == KIND_FRAME);
}

/* Writes the records in bytes[at, end) to the device; returns an errno when it is no TAP any more. */
static int write_batch(int32_t *state, uint8_t *bytes, size_t at, size_t end) {
  while (at < end) {
    size_t length = payload_length(bytes + at, end - at);
    if (length == 0) {
      state[STATE_MALFORMED]++; /* Where the next record begins cannot be known. */
      return 0;
    }
    int error = write_record(state, bytes + at, length);
    if (error != 0) return error;
    at += RECORD_HEADER + length;
  }
  return 0;
}

/* readBatch(state, bytes, start, end): end of the records that were read to bytes[start ...) */
static napi_value js_read_batch(napi_env env, napi_callback_info info) {
  struct batch_call call;
  napi_value result;
  int error = 0;
  if (!get_batch_call(env, info, STATE_WORDS, &call)) return NULL;
  size_t end = read_batch(call.state, call.bytes, call.start, call.end, &error);
  /* What was read before the device went away is worth having; the next call meets the error again. */
  if (error != 0 && end == call.start) return throw_errno(env, error, "read from TAP");
  TRY(env, napi_create_uint32(env, (uint32_t)end, &result));
  return result;
}

/* writeBatch(state, bytes, start, end) */
static napi_value js_write_batch(napi_env env, napi_callback_info info) {
  struct batch_call call;
  if (!get_batch_call(env, info, STATE_WORDS, &call)) return NULL;
  int error = write_batch(call.state, call.bytes, call.start, call.end);
  return error != 0 ? throw_errno(env, error, "write to TAP") : NULL;
}

bool define_batch(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("readBatch", js_read_batch),
      FUNCTION("writeBatch", js_write_batch),
  };
  return DEFINE(env, exports, functions);
}

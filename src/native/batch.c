/*
 * Moves frames between a TAP device and a batch of records (src/frame/record.ts) in one call for many frames:
 * 4 bytes of header (kind, 24-bit big-endian length), then the frame (kind 0), or 10 bytes of virtio-net header
 * and the frame (kind 1).
 *
 * One frame that fails is counted and the rest goes on. Only a descriptor that is no TAP any more is an error.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "addon.h"

enum { RECORD_HEADER = 4, VNET_HEADER = 10, MIN_FRAME = 14 };
enum { KIND_FRAME = 0, KIND_OFFLOAD = 1 };

/* The largest frame a TAP hands over: 65,535 bytes of IP packet (or MTU), an Ethernet header and two VLAN tags.
 * A read into too little room truncates silently, so one byte more is offered: a read that fills it was cut. */
enum { MAX_READ = VNET_HEADER + 65535 + MIN_FRAME + 8, READ_ROOM = MAX_READ + 1 };

/* struct virtio_net_hdr, little-endian since TUNSETVNETLE [virtio 1.2, 5.1.6]. */
enum { FLAGS = 0, GSO_TYPE = 1, HDR_LEN = 2, CSUM_START = 6, CSUM_OFFSET = 8 };
enum { NEEDS_CSUM = 1 };
enum { GSO_NONE = 0, GSO_TCPV4 = 1, GSO_TCPV6 = 4, GSO_UDP_L4 = 5, GSO_ECN = 0x80 };
enum { TCP_HEADER = 20, TCP_DATA_OFFSET = 12, UDP_HEADER = 8 };

/* The Int32Array that TypeScript lends to each call (TapState in native.ts). */
enum { STATE_FD, STATE_VNET, STATE_QUEUE, STATE_DEVICE, STATE_MALFORMED, STATE_REFUSED, STATE_WORDS };

static size_t get16(const uint8_t *at) { return (size_t)at[0] | (size_t)at[1] << 8; }

static void put16(uint8_t *at, size_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

static void put_record_header(uint8_t *at, uint8_t kind, size_t length) {
  at[0] = kind;
  at[1] = (uint8_t)(length >> 16);
  at[2] = (uint8_t)(length >> 8);
  at[3] = (uint8_t)length;
}

/* Length of all headers that each segment repeats, 0 for a lone checksum, or -1 if the header does not fit the
 * frame. The kernel's own hdr_len is not used: on forwarded packets it may cover the whole first segment. */
static long header_length(const uint8_t *vnet, const uint8_t *frame, size_t length) {
  size_t start = get16(vnet + CSUM_START);
  if (vnet[FLAGS] != NEEDS_CSUM || start + get16(vnet + CSUM_OFFSET) + 2 > length) return -1;
  size_t headers = 0;
  switch (vnet[GSO_TYPE] & ~GSO_ECN) {
    case GSO_NONE:
      return 0;
    case GSO_TCPV4:
    case GSO_TCPV6:
      if (start + TCP_HEADER > length) return -1;
      headers = start + (size_t)(frame[start + TCP_DATA_OFFSET] >> 4) * 4;
      break;
    case GSO_UDP_L4:
      headers = start + UDP_HEADER;
      break;
    default:
      return -1;
  }
  return headers > length ? -1 : (long)headers;
}

/* Makes a record of what was read behind its future header; returns the record's length, 0 if it was no frame. */
static size_t finish_record(int32_t *state, uint8_t *record, size_t got) {
  uint8_t *vnet = record + RECORD_HEADER;
  size_t prefix = state[STATE_VNET] ? VNET_HEADER : 0;
  if (got < prefix + MIN_FRAME || got > MAX_READ) {
    state[STATE_MALFORMED]++;
    return 0;
  }
  if (prefix == 0) {
    put_record_header(record, KIND_FRAME, got);
    return RECORD_HEADER + got;
  }
  uint8_t *frame = vnet + VNET_HEADER;
  size_t length = got - VNET_HEADER;
  vnet[FLAGS] &= NEEDS_CSUM;
  if (vnet[FLAGS] == 0 && vnet[GSO_TYPE] == GSO_NONE) {
    memmove(vnet, frame, length);
    put_record_header(record, KIND_FRAME, length);
    return RECORD_HEADER + length;
  }
  long headers = header_length(vnet, frame, length);
  if (headers < 0) {
    state[STATE_MALFORMED]++;
    return 0;
  }
  put16(vnet + HDR_LEN, (size_t)headers);
  put_record_header(record, KIND_OFFLOAD, got);
  return RECORD_HEADER + got;
}

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
    size_t size = finish_record(state, bytes + at, (size_t)got);
    if (size == 0) break; /* Bounds the loop; the next call goes on. */
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

/* Length of a record's payload, or 0 where fewer bytes than a whole record are left. */
static size_t payload_length(const uint8_t *record, size_t left) {
  if (left < RECORD_HEADER) return 0;
  size_t length = (size_t)record[1] << 16 | (size_t)record[2] << 8 | (size_t)record[3];
  return length > left - RECORD_HEADER ? 0 : length;
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

struct call {
  int32_t *state;
  uint8_t *bytes;
  size_t start, end;
};

static void *get_array(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  napi_typedarray_type type;
  void *data;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) == napi_ok && type == wanted) return data;
  (void)napi_throw_type_error(env, NULL, "a Buffer or an Int32Array is expected");
  return NULL;
}

/* Reads the arguments (state: Int32Array, bytes: Buffer, start, end) that both directions take. */
static bool get_call(napi_env env, napi_callback_info info, struct call *call) {
  napi_value arguments[4];
  int32_t start, end;
  size_t words, size;
  if (!get_arguments(env, info, 4, arguments)) return false;
  call->state = get_array(env, arguments[0], napi_int32_array, &words);
  if (call->state == NULL) return false;
  call->bytes = get_array(env, arguments[1], napi_uint8_array, &size);
  if (call->bytes == NULL) return false;
  if (!get_int(env, arguments[2], &start) || !get_int(env, arguments[3], &end)) return false;
  if (words < STATE_WORDS || start < 0 || start > end || (size_t)end > size) {
    (void)napi_throw_range_error(env, NULL, "the range does not lie in its array");
    return false;
  }
  call->start = (size_t)start;
  call->end = (size_t)end;
  return true;
}

/* readBatch(state, bytes, start, end): end of the records that were read to bytes[start ...) */
static napi_value js_read_batch(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result;
  int error = 0;
  if (!get_call(env, info, &call)) return NULL;
  size_t end = read_batch(call.state, call.bytes, call.start, call.end, &error);
  /* What was read before the device went away is worth having; the next call meets the error again. */
  if (error != 0 && end == call.start) return throw_errno(env, error, "read from TAP");
  TRY(env, napi_create_uint32(env, (uint32_t)end, &result));
  return result;
}

/* writeBatch(state, bytes, start, end) */
static napi_value js_write_batch(napi_env env, napi_callback_info info) {
  struct call call;
  if (!get_call(env, info, &call)) return NULL;
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

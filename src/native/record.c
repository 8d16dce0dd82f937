#include "record.h"

#include <string.h>

enum { GSO_TCPV4 = 1, GSO_TCPV6 = 4, GSO_UDP_L4 = 5, GSO_ECN = 0x80 };
enum { TCP_HEADER = 20, TCP_DATA_OFFSET = 12, UDP_HEADER = 8 };

size_t vnet_get16(const uint8_t *at) { return (size_t)at[0] | (size_t)at[1] << 8; }

void vnet_put16(uint8_t *at, size_t value) {
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
  size_t start = vnet_get16(vnet + VNET_CSUM_START);
  if (vnet[VNET_FLAGS] != VNET_NEEDS_CSUM || start + vnet_get16(vnet + VNET_CSUM_OFFSET) + 2 > length) return -1;
  size_t headers = 0;
  switch (vnet[VNET_GSO_TYPE] & ~GSO_ECN) {
    case VNET_GSO_NONE:
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

size_t finish_record(uint8_t *record, size_t got, bool has_vnet) {
  uint8_t *vnet = record + RECORD_HEADER;
  size_t prefix = has_vnet ? VNET_HEADER : 0;
  if (got < prefix + MIN_FRAME || got > MAX_READ) return 0;
  if (prefix == 0) {
    put_record_header(record, KIND_FRAME, got);
    return RECORD_HEADER + got;
  }
  uint8_t *frame = vnet + VNET_HEADER;
  size_t length = got - VNET_HEADER;
  vnet[VNET_FLAGS] &= VNET_NEEDS_CSUM;
  if (vnet[VNET_FLAGS] == 0 && vnet[VNET_GSO_TYPE] == VNET_GSO_NONE) {
    memmove(vnet, frame, length);
    put_record_header(record, KIND_FRAME, length);
    return RECORD_HEADER + length;
  }
  long headers = header_length(vnet, frame, length);
  if (headers < 0) return 0;
  vnet_put16(vnet + VNET_HDR_LEN, (size_t)headers);
  put_record_header(record, KIND_OFFLOAD, got);
  return RECORD_HEADER + got;
}

size_t payload_length(const uint8_t *record, size_t left) {
  if (left < RECORD_HEADER) return 0;
  size_t length = (size_t)record[1] << 16 | (size_t)record[2] << 8 | (size_t)record[3];
  return length > left - RECORD_HEADER ? 0 : length;
}

static void *get_array(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  napi_typedarray_type type;
  void *data;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) == napi_ok && type == wanted) return data;
  (void)napi_throw_type_error(env, NULL, "a Buffer or an Int32Array is expected");
  return NULL;
}

bool get_batch_call(napi_env env, napi_callback_info info, size_t words, struct batch_call *call) {
  napi_value arguments[4];
  int32_t start, end;
  size_t lent, size;
  if (!get_arguments(env, info, 4, arguments)) return false;
  call->state = get_array(env, arguments[0], napi_int32_array, &lent);
  if (call->state == NULL) return false;
  call->bytes = get_array(env, arguments[1], napi_uint8_array, &size);
  if (call->bytes == NULL) return false;
  if (!get_int(env, arguments[2], &start) || !get_int(env, arguments[3], &end)) return false;
  if (lent < words || start < 0 || start > end || (size_t)end > size) {
    (void)napi_throw_range_error(env, NULL, "the range does not lie in its array");
    return false;
  }
  call->start = (size_t)start;
  call->end = (size_t)end;
  return true;
}

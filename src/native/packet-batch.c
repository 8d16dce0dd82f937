/*
 * Moves frames between a packet socket (packet.c) and a batch of records in one call for many frames.
 *
 * The kernel takes the outer VLAN tag out of every frame that comes in, whether or not the hardware does, and tells
 * it in ancillary data; here it is put back. One frame that fails is counted and the rest goes on.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "record.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a packet socket's virtio-net header is in the host's byte order, records have it little-endian"
#endif

/* The Int32Array that TypeScript lends to each call (PacketState in native.ts). */
enum { STATE_FD, STATE_GONE, STATE_QUEUE, STATE_DEVICE, STATE_MALFORMED, STATE_OVERSIZE, STATE_WORDS };

enum { MAC_ADDRESSES = 12 };
/* One tag less than a device hands over: it is in the ancillary data. */
enum { FRAME_ROOM = READ_ROOM - VLAN_TAG };

/* Whether the interface is gone: the kernel has unbound the socket. One that is down keeps its number. */
static bool is_gone(int fd) {
  struct sockaddr_ll address = {0};
  socklen_t size = sizeof address;
  return getsockname(fd, (struct sockaddr *)&address, &size) < 0 || address.sll_ifindex <= 0;
}

static const struct tpacket_auxdata *find_auxdata(struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level == SOL_PACKET && part->cmsg_type == PACKET_AUXDATA) {
      return (const struct tpacket_auxdata *)CMSG_DATA(part);
    }
  }
  return NULL;
}

/* Puts the tag back into the `got` bytes of virtio-net header and frame; returns how many they are then. */
static size_t restore_tag(uint8_t *vnet, size_t got, const struct tpacket_auxdata *auxdata) {
  if (got < VNET_HEADER + MIN_FRAME || auxdata == NULL || (auxdata->tp_status & TP_STATUS_VLAN_VALID) == 0) return got;
  bool told = (auxdata->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  size_t tpid = told ? auxdata->tp_vlan_tpid : ETH_P_8021Q;
  uint8_t *tag = vnet + VNET_HEADER + MAC_ADDRESSES;
  memmove(tag + VLAN_TAG, tag, got - VNET_HEADER - MAC_ADDRESSES);
  tag[0] = (uint8_t)(tpid >> 8);
  tag[1] = (uint8_t)tpid;
  tag[2] = (uint8_t)(auxdata->tp_vlan_tci >> 8);
  tag[3] = (uint8_t)auxdata->tp_vlan_tci;
  if (vnet[VNET_FLAGS] & VNET_NEEDS_CSUM) {
    vnet_put16(vnet + VNET_CSUM_START, vnet_get16(vnet + VNET_CSUM_START) + VLAN_TAG);
  }
  return got + VLAN_TAG;
}

/* Receives one frame as a record; returns its length, 0 for one that was counted instead, or a negative errno. */
static ssize_t receive(int32_t *state, uint8_t *record) {
  union {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
  } control;
  struct iovec part = {record + RECORD_HEADER, FRAME_ROOM};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t got = recvmsg(state[STATE_FD], &message, MSG_DONTWAIT);
  if (got < 0) return -errno;
  if (message.msg_flags & MSG_TRUNC) {
    state[STATE_OVERSIZE]++;
    return 0;
  }
  size_t whole = restore_tag(record + RECORD_HEADER, (size_t)got, find_auxdata(&message));
  size_t length = finish_record(record, whole, true);
  if (length == 0) state[STATE_MALFORMED]++;
  return (ssize_t)length;
}

/* Fills bytes[at, limit) with records and returns their end. Notes in `state` when the interface is gone. */
static size_t read_packets(int32_t *state, uint8_t *bytes, size_t at, size_t limit) {
  while (limit - at >= RECORD_HEADER + READ_ROOM) {
    ssize_t length = receive(state, bytes + at);
    if (length == -EINTR) continue;
    if (length < 0 && is_gone(state[STATE_FD])) state[STATE_GONE] = 1;
    /* Told once that the interface is down, a socket reads on: what came before is still there. */
    if (length == -ENETDOWN && !state[STATE_GONE]) continue;
    /* A segment of a kind that a virtio-net header has no word for. */
    if (length == -EINVAL) state[STATE_MALFORMED]++;
    if (length <= 0) break; /* Bounds the loop after a bad frame, too; the next call goes on. */
    at += (size_t)length;
  }
  return at;
}

/* Adds what the kernel could not queue towards us since the last call. */
static void count_unqueued(int32_t *state) {
  struct tpacket_stats statistics;
  socklen_t size = sizeof statistics;
  if (getsockopt(state[STATE_FD], SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0) return;
  state[STATE_QUEUE] += (int32_t)statistics.tp_drops;
}

/* Counts a frame that was not sent. */
static void count_failure(int32_t *state, int failed) {
  switch (failed) {
    case EAGAIN:
    case ENOBUFS:
      state[STATE_QUEUE]++;
      break;
    case EMSGSIZE:
      state[STATE_OVERSIZE]++;
      break;
    case EINVAL:
      state[STATE_MALFORMED]++;
      break;
    default: /* ENETDOWN: the interface is down. */
      state[STATE_DEVICE]++;
      if (is_gone(state[STATE_FD])) state[STATE_GONE] = 1;
  }
}

/* Sends the record at `record`, whose payload has `length` bytes. */
static void send_record(int32_t *state, uint8_t *record, size_t length) {
  static uint8_t nothing_to_do[VNET_HEADER]; /* Only read. */
  bool plain = record[0] == KIND_FRAME;
  if (record[0] > KIND_OFFLOAD || length < (plain ? 0 : VNET_HEADER) + MIN_FRAME) {
    state[STATE_MALFORMED]++;
    return;
  }
  struct iovec parts[] = {{nothing_to_do, VNET_HEADER}, {record + RECORD_HEADER, length}};
  struct msghdr message = {.msg_iov = plain ? parts : parts + 1, .msg_iovlen = plain ? 2 : 1};
  ssize_t sent;
  do sent = sendmsg(state[STATE_FD], &message, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) count_failure(state, errno);
}

/* readPackets(state, bytes, start, end): end of the records that were read to bytes[start ...) */
static napi_value js_read(napi_env env, napi_callback_info info) {
  struct batch_call call;
  napi_value result;
  if (!get_batch_call(env, info, STATE_WORDS, &call)) return NULL;
  size_t end = read_packets(call.state, call.bytes, call.start, call.end);
  count_unqueued(call.state);
  TRY(env, napi_create_uint32(env, (uint32_t)end, &result));
  return result;
}

/* writePackets(state, bytes, start, end) */
static napi_value js_write(napi_env env, napi_callback_info info) {
  struct batch_call call;
  if (!get_batch_call(env, info, STATE_WORDS, &call)) return NULL;
  for (size_t at = call.start; at < call.end;) {
    size_t length = payload_length(call.bytes + at, call.end - at);
    if (length == 0) {
      call.state[STATE_MALFORMED]++; /* Where the next record begins cannot be known. */
      break;
    }
    send_record(call.state, call.bytes + at, length);
    at += RECORD_HEADER + length;
  }
  return NULL;
}

bool define_packet_batch(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("readPackets", js_read),
      FUNCTION("writePackets", js_write),
  };
  return DEFINE(env, exports, functions);
}

/*
 * Frames as datagrams, one in each, over Unix and UDP sockets and over packet pairs: between a socket and a batch of
 * records (src/frame/record.ts) in one call for many frames. Node has no Unix datagrams at all.
 *
 * One frame that fails is counted and the rest goes on. What concerns the peer is told by its errno.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addon.h"

enum { RECORD_HEADER = 4, MIN_FRAME = 14, KIND_FRAME = 0 };

/* The Int32Array that TypeScript lends to each call (DatagramState in native.ts). */
enum { STATE_FD, STATE_LIMIT, STATE_PREFIX, STATE_ERROR, STATE_RUNS, STATE_QUEUE, STATE_MALFORMED, STATE_OVERSIZE, STATE_WORDS };

/* A run of datagrams from one sender, as told to TypeScript: where it begins, then the sender's address. That of a
 * socket that is bound to nothing has no bytes. */
struct run {
  uint32_t start;
  uint32_t address_length;
  uint8_t address[120];
};

struct span {
  uint8_t *bytes;
  size_t length;
};

struct call {
  int32_t *state;
  struct span batch;
  size_t at, end;
  /* Where to send, or where to note who has sent; empty on a connected socket. */
  struct span address;
};

static size_t record_payload(const uint8_t *record) {
  return (size_t)record[1] << 16 | (size_t)record[2] << 8 | (size_t)record[3];
}

static void put_record_header(uint8_t *at, size_t length) {
  at[0] = KIND_FRAME;
  at[1] = (uint8_t)(length >> 16);
  at[2] = (uint8_t)(length >> 8);
  at[3] = (uint8_t)length;
}

/* Notes who has sent the record at `start`, unless that is who sent the one before it. */
static void note_sender(struct call *call, const struct msghdr *message, size_t start) {
  struct run *runs = (struct run *)call->address.bytes;
  int32_t count = call->state[STATE_RUNS];
  uint32_t length = message->msg_namelen;
  if (count > 0 && runs[count - 1].address_length == length &&
      memcmp(runs[count - 1].address, message->msg_name, length) == 0) {
    return;
  }
  runs[count].start = (uint32_t)start;
  runs[count].address_length = length;
  memcpy(runs[count].address, message->msg_name, length);
  call->state[STATE_RUNS] = count + 1;
}

/* Reads one datagram behind its future header; returns its length, or a negative errno. */
static ssize_t receive_one(struct call *call, uint8_t *sender, socklen_t *sender_length, bool *cut) {
  struct iovec part = {call->batch.bytes + call->at + RECORD_HEADER, (size_t)call->state[STATE_LIMIT]};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_name = sender;
  message.msg_namelen = *sender_length;
  ssize_t got;
  do got = recvmsg(call->state[STATE_FD], &message, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  *cut = got >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
  *sender_length = message.msg_namelen;
  return got < 0 ? -errno : got;
}

/* Whether nothing means the end: a sequence of packets has one, datagrams do not. */
static bool has_end(int fd) {
  int type = 0;
  socklen_t length = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

/* Whether one more of the largest frames, and one more sender, would find room. */
static bool has_room(const struct call *call) {
  size_t runs = call->address.length / sizeof(struct run);
  return call->end - call->at >= RECORD_HEADER + (size_t)call->state[STATE_LIMIT] &&
         (runs == 0 || (size_t)call->state[STATE_RUNS] < runs);
}

/* Bounds what is read and thrown away in one call; the next one goes on. */
enum { MOST_UNUSABLE = 64 };

/* Fills bytes[at, end) with records until there are no more datagrams or no more room. */
static void receive_all(struct call *call) {
  int unusable = 0;
  call->state[STATE_ERROR] = 0;
  call->state[STATE_RUNS] = 0;
  while (has_room(call) && unusable < MOST_UNUSABLE) {
    uint8_t sender[sizeof((struct run *)0)->address];
    socklen_t length = call->address.length > 0 ? sizeof sender : 0;
    bool cut;
    ssize_t got = receive_one(call, sender, &length, &cut);
    if (got == 0 && has_end(call->state[STATE_FD])) got = -EPIPE;
    if (got < 0) {
      if (got != -EAGAIN) call->state[STATE_ERROR] = (int32_t)-got;
      return;
    }
    if (cut) call->state[STATE_OVERSIZE]++;
    /* The four bytes "VFKT" are how vfkit's peers make themselves known; an empty datagram says nothing. */
    else if (got < MIN_FRAME && got != 0 && got != 4) call->state[STATE_MALFORMED]++;
    bool usable = !cut && got >= MIN_FRAME;
    if (!usable) unusable++;
    if (call->address.length > 0) {
      struct msghdr from = {.msg_name = sender, .msg_namelen = length};
      note_sender(call, &from, call->at);
    }
    if (!usable) continue;
    put_record_header(call->batch.bytes + call->at, (size_t)got);
    call->at += RECORD_HEADER + (size_t)got;
  }
}

/* Sends one frame; returns 0 if that is settled, else an errno that concerns all that follow too. */
static int send_one(struct call *call, const uint8_t *record, size_t length) {
  size_t prefix = (size_t)call->state[STATE_PREFIX];
  struct iovec part = {(uint8_t *)record + RECORD_HEADER - prefix, length + prefix};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (call->address.length > 0) {
    message.msg_name = call->address.bytes;
    message.msg_namelen = (socklen_t)call->address.length;
  }
  ssize_t sent;
  do sent = sendmsg(call->state[STATE_FD], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return 0;
  if (errno == EMSGSIZE) call->state[STATE_OVERSIZE]++;
  else if (errno == ENOBUFS || errno == ENOMEM) call->state[STATE_QUEUE]++;
  else return errno;
  return 0;
}

/* Sends the records in bytes[at, end); stops at the first that cannot be sent, with its errno in the state. */
static void send_all(struct call *call) {
  call->state[STATE_ERROR] = 0;
  while (call->end - call->at > RECORD_HEADER) {
    const uint8_t *record = call->batch.bytes + call->at;
    size_t length = record_payload(record);
    if (length > call->end - call->at - RECORD_HEADER) break;
    /* An empty datagram would end QEMU's reading for ever. */
    if (record[0] != KIND_FRAME || length < MIN_FRAME) call->state[STATE_MALFORMED]++;
    else if (length > (size_t)call->state[STATE_LIMIT]) call->state[STATE_OVERSIZE]++;
    else if ((call->state[STATE_ERROR] = send_one(call, record, length)) != 0) return;
    call->at += RECORD_HEADER + length;
  }
}

static bool get_span(napi_env env, napi_value value, napi_typedarray_type wanted, struct span *span) {
  napi_typedarray_type type;
  void *data;
  napi_status status = napi_get_typedarray_info(env, value, &type, &span->length, &data, NULL, NULL);
  span->bytes = data;
  if (status == napi_ok && type == wanted) return true;
  (void)napi_throw_type_error(env, NULL, "a Buffer or an Int32Array is expected");
  return false;
}

/* Reads the arguments (state: Int32Array, bytes: Buffer, start, end, address: Buffer). */
static bool get_call(napi_env env, napi_callback_info info, struct call *call) {
  napi_value arguments[5];
  struct span state;
  int32_t start, end;
  if (!get_arguments(env, info, 5, arguments) || !get_span(env, arguments[0], napi_int32_array, &state)) return false;
  if (!get_span(env, arguments[1], napi_uint8_array, &call->batch)) return false;
  if (!get_int(env, arguments[2], &start) || !get_int(env, arguments[3], &end)) return false;
  if (!get_span(env, arguments[4], napi_uint8_array, &call->address)) return false;
  call->state = (int32_t *)(void *)state.bytes;
  if (state.length < STATE_WORDS || start < 0 || start > end || (size_t)end > call->batch.length ||
      call->state[STATE_LIMIT] < MIN_FRAME || call->state[STATE_PREFIX] < 0 || call->state[STATE_PREFIX] > RECORD_HEADER) {
    (void)napi_throw_range_error(env, NULL, "the range does not lie in its array");
    return false;
  }
  call->at = (size_t)start;
  call->end = (size_t)end;
  return true;
}

static napi_value finish(napi_env env, napi_callback_info info, void (*work)(struct call *)) {
  struct call call;
  napi_value result;
  if (!get_call(env, info, &call)) return NULL;
  work(&call);
  TRY(env, napi_create_uint32(env, (uint32_t)call.at, &result));
  return result;
}

/* receiveDatagrams(state, bytes, start, end, senders): end of the records that were read to bytes[start ...) */
static napi_value js_receive(napi_env env, napi_callback_info info) { return finish(env, info, receive_all); }

/* sendDatagrams(state, bytes, start, end, address): where it stopped */
static napi_value js_send(napi_env env, napi_callback_info info) { return finish(env, info, send_all); }

bool define_datagram(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      FUNCTION("receiveDatagrams", js_receive),
      FUNCTION("sendDatagrams", js_send),
  };
  return DEFINE(env, exports, functions);
}

/*
 * What all that moves frames between a descriptor and a batch of records (src/frame/record.ts) has in common:
 * 4 bytes of header (kind, 24-bit big-endian length), then the frame (kind 0), or 10 bytes of virtio-net header
 * and the frame (kind 1).
 */
#ifndef TAPSWITCH_RECORD_H
#define TAPSWITCH_RECORD_H

#include "addon.h"

enum { RECORD_HEADER = 4, VNET_HEADER = 10, MIN_FRAME = 14, VLAN_TAG = 4 };
enum { KIND_FRAME = 0, KIND_OFFLOAD = 1 };

/* The largest frame a device hands over: 65,535 bytes of IP packet (or MTU), an Ethernet header and two VLAN tags.
 * A read into too little room truncates silently, so one byte more is offered: a read that fills it was cut. */
enum { MAX_READ = VNET_HEADER + 65535 + MIN_FRAME + 2 * VLAN_TAG, READ_ROOM = MAX_READ + 1 };

/* struct virtio_net_hdr, little-endian [virtio 1.2, 5.1.6]. */
enum { VNET_FLAGS = 0, VNET_GSO_TYPE = 1, VNET_HDR_LEN = 2, VNET_CSUM_START = 6, VNET_CSUM_OFFSET = 8 };
enum { VNET_NEEDS_CSUM = 1, VNET_GSO_NONE = 0 };

size_t vnet_get16(const uint8_t *at);
void vnet_put16(uint8_t *at, size_t value);

/* Makes a record of the `got` bytes behind its future header, a virtio-net header first if `vnet`. Returns the
 * record's length, or 0 if it was no frame. */
size_t finish_record(uint8_t *record, size_t got, bool vnet);

/* Length of a record's payload, or 0 where fewer bytes than a whole record are left. */
size_t payload_length(const uint8_t *record, size_t left);

/* What both directions are called with: (state: Int32Array, bytes: Buffer, start, end). */
struct batch_call {
  int32_t *state;
  uint8_t *bytes;
  size_t start, end;
};

/* Reads the arguments; raises a TypeError or RangeError where they do not fit a state of so many `words`. */
bool get_batch_call(napi_env env, napi_callback_info info, size_t words, struct batch_call *call);

#endif

/*
 * One request to the kernel's rtnetlink and its answer [rtnetlink(7)], as `ip` makes them, but with no other
 * program and in the process's own network namespace (which /sys may not show).
 */
#ifndef TAPSWITCH_NETLINK_H
#define TAPSWITCH_NETLINK_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct netlink_request {
  struct nlmsghdr header;
  uint8_t rest[252]; /* Room for the largest request made here; every attribute checks it. */
};

struct netlink_answer {
  _Alignas(struct nlmsghdr) uint8_t bytes[32768]; /* What `ip` uses: the kernel caps one message at this size. */
};

/* Begins a request of `type` with a body of `size` bytes, which is returned zeroed. */
void *netlink_begin(struct netlink_request *request, int type, int flags, size_t size);
/* Appends an attribute. */
void netlink_add(struct netlink_request *request, int type, const void *data, size_t size);
/* Sends; returns 0 or an errno. `answer` may be NULL where only success matters. */
int netlink_send(struct netlink_request *request, struct netlink_answer *answer);
/* Finds the attribute `type` of at least `size` bytes behind an answer's body of `body` bytes, or NULL. */
const void *netlink_find(const struct netlink_answer *answer, size_t body, int type, size_t size);

#endif

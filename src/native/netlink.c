#include "netlink.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void *netlink_begin(struct netlink_request *request, int type, int flags, size_t size) {
  memset(request, 0, sizeof *request);
  request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
  request->header.nlmsg_type = (uint16_t)type;
  request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
  return NLMSG_DATA(&request->header);
}

void netlink_add(struct netlink_request *request, int type, const void *data, size_t size) {
  size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
  assert(at + RTA_SPACE(size) <= sizeof *request);
  struct rtattr *attribute = (struct rtattr *)((uint8_t *)request + at);
  attribute->rta_type = (uint16_t)type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(size);
  memcpy(RTA_DATA(attribute), data, size);
  request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
}

/* Reads the one message that answers; the kernel has queued it before send() returns. */
static int receive(int fd, struct netlink_answer *answer) {
  ssize_t got;
  do {
    got = recv(fd, answer->bytes, sizeof answer->bytes, MSG_TRUNC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno;
  if ((size_t)got > sizeof answer->bytes) return EMSGSIZE;
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer->bytes;
  if (!NLMSG_OK(header, (size_t)got)) return EPROTO;
  if (header->nlmsg_type != NLMSG_ERROR) return 0;
  if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return EPROTO;
  return -((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

int netlink_send(struct netlink_request *request, struct netlink_answer *answer) {
  struct netlink_answer ignored;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return errno;
  ssize_t sent = send(fd, request, request->header.nlmsg_len, 0);
  int error = sent < 0 ? errno : receive(fd, answer != NULL ? answer : &ignored);
  if (close(fd) < 0 && error == 0) error = errno;
  return error;
}

const void *netlink_find(const struct netlink_answer *answer, size_t body, int type, size_t size) {
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer->bytes;
  if (header->nlmsg_len < NLMSG_LENGTH(body)) return NULL;
  size_t left = header->nlmsg_len - NLMSG_SPACE(body);
  const struct rtattr *attribute = (const struct rtattr *)(answer->bytes + NLMSG_SPACE(body));
  while (RTA_OK(attribute, (int)left)) {
    if ((attribute->rta_type & NLA_TYPE_MASK) == type) {
      return RTA_PAYLOAD(attribute) >= size ? RTA_DATA(attribute) : NULL;
    }
    attribute = RTA_NEXT(attribute, left);
  }
  return NULL;
}

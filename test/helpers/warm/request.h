/* What client.c sends to server.c: this, with descriptors, and then `bytes` of strings that each end with a zero. */
#include <stdint.h>
#include <sys/socket.h>

/** Standard input, output and error, and the working folder. */
#define REQUEST_DESCRIPTORS 4

struct Request {
  uint32_t bytes;
  uint32_t arguments;
  uint32_t variables;
};

union RequestControl {
  struct cmsghdr head;
  char bytes[CMSG_SPACE(sizeof(int) * REQUEST_DESCRIPTORS)];
};

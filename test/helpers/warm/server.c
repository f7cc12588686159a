/*
 * Preloaded into ffmpeg or ffprobe: half of the time of a short run of theirs goes into loading their 200 libraries,
 * and here these are loaded once. Before main(), the process listens on a socket, and forks for each connection a child
 * that takes over what client.c sends - arguments, environment, folder and standard streams - and runs main().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "request.h"

typedef int (*Main)(int, char**, char**);
typedef int (*StartMain)(Main, int, char**, void (*)(void), void (*)(void), void (*)(void), void*);

static Main real_main;

/** The client ends when it has the status, which must not end this process before all is written. */
static void ReportStatus(int status, void* data) {
  const int connection = (int)(long)data;
  const unsigned char byte = (unsigned char)status;
  fflush(NULL);
  fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) & ~O_ASYNC);
  (void)!write(connection, &byte, 1);
}

/** Receives the header and the descriptors that come with it. */
static int ReceiveHeader(int connection, struct Request* request, int descriptors[REQUEST_DESCRIPTORS]) {
  union RequestControl control;
  struct iovec part = {request, sizeof *request};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  if (recvmsg(connection, &message, MSG_WAITALL) != sizeof *request) return -1;
  const struct cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int) * REQUEST_DESCRIPTORS)) return -1;
  memcpy(descriptors, CMSG_DATA(head), sizeof(int) * REQUEST_DESCRIPTORS);
  return 0;
}

/** Becomes what the client asks for; does not return. */
static void Serve(int connection) {
  struct Request request;
  int descriptors[REQUEST_DESCRIPTORS];
  if (ReceiveHeader(connection, &request, descriptors) != 0) _exit(127);
  char* text = malloc(request.bytes);
  char** words = calloc(request.arguments + request.variables + 2, sizeof *words);
  if (!text || !words || recv(connection, text, request.bytes, MSG_WAITALL) != (ssize_t)request.bytes) _exit(127);

  char** arguments = words;
  char** variables = words + request.arguments + 1;
  const char* at = text;
  for (unsigned i = 0; i < request.arguments; i++, at += strlen(at) + 1) arguments[i] = (char*)at;
  for (unsigned i = 0; i < request.variables; i++, at += strlen(at) + 1) variables[i] = (char*)at;

  if (fchdir(descriptors[3]) != 0) _exit(127);
  for (int i = 0; i < 3; i++) dup2(descriptors[i], i);
  for (int i = 0; i < REQUEST_DESCRIPTORS; i++) close(descriptors[i]);
  environ = variables;

  const pid_t pid = getpid();
  if (write(connection, &pid, sizeof pid) != sizeof pid) _exit(127);
  // The client sends no more: what there is to read is its end, with which that of this process comes.
  fcntl(connection, F_SETOWN, pid);
  fcntl(connection, F_SETSIG, SIGKILL);
  fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | O_ASYNC);
  on_exit(ReportStatus, (void*)(long)connection);
  exit(real_main((int)request.arguments, arguments, variables));
}

/** Serves until standard input, which its parent holds, comes to its end. */
static int Listen(const char* path) {
  struct sockaddr_un address = {0};
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return 1;
  strcpy(address.sun_path, path);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 64) != 0) return 1;
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  for (;;) {
    struct pollfd events[] = {{STDIN_FILENO, POLLIN, 0}, {listener, POLLIN, 0}};
    if (poll(events, 2, -1) < 0) continue;
    if (events[0].revents) return 0;
    while (waitpid(-1, NULL, WNOHANG) > 0);
    const int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (fork() == 0) {
      close(listener);
      Serve(connection);
    }
    close(connection);
  }
}

static int MainOfServer(int count, char** arguments, char** variables) {
  const char* path = getenv("WARM_SOCKET");
  // Without what is at exit: this process has done nothing but wait.
  if (path) _exit(Listen(path));
  return real_main(count, arguments, variables);
}

int __libc_start_main(Main main, int count, char** arguments, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void* stack_end) {
  real_main = main;
  const StartMain start = (StartMain)dlsym(RTLD_NEXT, "__libc_start_main");
  return start(MainOfServer, count, arguments, init, fini, loader_fini, stack_end);
}

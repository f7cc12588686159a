/*
 * Stands for ffmpeg or ffprobe on the PATH: has server.c, behind the socket <own path>.socket, do the work, with this
 * process's arguments, environment, folder and standard streams. Passes signals on, and ends as the work ends. When there
 * is no server it becomes the program itself, <own path>.program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "request.h"

static volatile pid_t worker;
static volatile sig_atomic_t last_passed;

static void PassOn(int number) {
  last_passed = number;
  kill(worker, number);
}

static int Connect(const char* path) {
  struct sockaddr_un address = {0};
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection, (struct sockaddr*)&address, sizeof address) == 0) return connection;
  close(connection);
  return -1;
}

static uint32_t Measure(char** words, uint32_t* count) {
  uint32_t bytes = 0;
  for (*count = 0; words[*count]; ++*count) bytes += strlen(words[*count]) + 1;
  return bytes;
}

static char* Append(char* at, char** words) {
  for (; *words; words++) at = stpcpy(at, *words) + 1;
  return at;
}

static int Send(int connection, char** arguments) {
  struct Request request;
  request.bytes = Measure(arguments, &request.arguments);
  request.bytes += Measure(environ, &request.variables);
  char* text = malloc(request.bytes);
  if (!text) return -1;
  Append(Append(text, arguments), environ);

  const int descriptors[REQUEST_DESCRIPTORS] = {0, 1, 2, open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  union RequestControl control;
  struct iovec part = {&request, sizeof request};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  struct cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof descriptors);
  memcpy(CMSG_DATA(head), descriptors, sizeof descriptors);
  if (sendmsg(connection, &message, MSG_NOSIGNAL) != sizeof request) return -1;
  for (uint32_t sent = 0; sent < request.bytes;) {
    const ssize_t count = send(connection, text + sent, request.bytes - sent, MSG_NOSIGNAL);
    if (count < 0) return -1;
    sent += count;
  }
  return 0;
}

/** Reads all of it, also when signals come; false at the end of the connection. */
static int Read(int connection, void* data, size_t bytes) {
  for (size_t got = 0; got < bytes;) {
    const ssize_t count = read(connection, (char*)data + got, bytes - got);
    if (count == 0 || (count < 0 && errno != EINTR)) return 0;
    if (count > 0) got += count;
  }
  return 1;
}

int main(int count, char** arguments) {
  (void)count;
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return 127;
  self[length] = 0;
  char program[PATH_MAX + 16];
  char socket_path[PATH_MAX + 16];
  snprintf(program, sizeof program, "%s.program", self);
  snprintf(socket_path, sizeof socket_path, "%s.socket", self);
  // What the loader is told counts when a program is loaded.
  const int is_plain = !getenv("LD_PRELOAD") && !getenv("LD_LIBRARY_PATH");
  const int connection = is_plain ? Connect(socket_path) : -1;
  if (connection < 0) {
    execv(program, arguments);
    perror(program);
    return 127;
  }

  // Held back until there is somebody to pass them on to.
  const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  sigset_t held;
  sigemptyset(&held);
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
    sigaddset(&held, passed[i]);
    struct sigaction action = {0};
    action.sa_handler = PassOn;
    sigaction(passed[i], &action, NULL);
  }
  sigprocmask(SIG_BLOCK, &held, NULL);
  pid_t pid;
  if (Send(connection, arguments) != 0 || !Read(connection, &pid, sizeof pid)) {
    fprintf(stderr, "%s: no answer\n", socket_path);
    return 127;
  }
  worker = pid;
  sigprocmask(SIG_UNBLOCK, &held, NULL);

  unsigned char status;
  if (Read(connection, &status, 1)) return status;
  // It was ended by a signal: the one that was passed on, or one of its own.
  if (last_passed) {
    signal(last_passed, SIG_DFL);
    raise(last_passed);
  }
  fprintf(stderr, "%s: crashed\n", arguments[0]);
  abort();
}

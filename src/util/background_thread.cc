#include "util/background_thread.h"

#include <pthread.h>
#include <signal.h>

#include <memory>
#include <utility>

namespace webcodecs {
namespace {

struct Start {
  const char* name;
  std::function<void()> body;
};

void* Run(void* argument) {
  std::unique_ptr<Start> start(static_cast<Start*>(argument));
#if defined(__APPLE__)
  pthread_setname_np(start->name);
#else
  pthread_setname_np(pthread_self(), start->name);
#endif
  start->body();
  return nullptr;
}

}  // namespace

bool StartBackgroundThread(const char* name, std::function<void()> body) {
  auto start = std::make_unique<Start>(Start{name, std::move(body)});
  // pthread_create() rather than std::thread: it reports a refusal instead of throwing.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, nullptr, Run, start.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return false;
  start.release();
  pthread_detach(thread);
  return true;
}

}  // namespace webcodecs
